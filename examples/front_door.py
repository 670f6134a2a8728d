# ---
# jupyter:
#   jupytext:
#     text_representation:
#       format_name: percent
#   kernelspec:
#     name: python3
#     display_name: Python 3
# ---
# %% [markdown]
# # Through the front door
#
# Patients who switch reminders on take more of their doses and feel better. But the motivated
# switch them on more often, and the motivated feel better anyway, and nobody measured motivation.
# No covariate removes that confounding. What helps is that reminders work *through* the doses
# taken, which were counted, and that motivation moves the doses only by way of the reminders.
#
# The patients here are simulated, so that the truth is known to us, though not to the estimators.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from pyro.distributions import Normal, Uniform
from sklearn.linear_model import LinearRegression, LogisticRegression

from causalsim import SCM, Graph, Query, estimate, identify
from causalsim.estimation import Plugin
from causalsim.estimation.mediators import DoublyRobustFrontDoor, MediatorCrossFit

standard = Normal(torch.tensor(0.0).double(), 1.0)
chance = Uniform(torch.tensor(0.0).double(), 1.0)
equations = {
    "motivation": standard,
    "reminders": lambda motivation, u=chance: u < torch.sigmoid(1.5 * motivation),
    "doses": lambda reminders, u=standard: 20.0 + 4.0 * reminders + 3.0 * u,
    "relief": lambda doses, motivation, u=standard: (
        0.5 * doses + 0.1 * doses * motivation + 2.0 * motivation + 2.0 * u
    ),
}
world = SCM.from_equations(equations)
patients = world.sample(3000, seed=1)[["reminders", "doses", "relief"]].astype(float)
patients.groupby("reminders").agg(["mean", "count"]).round(2)

# %% [markdown]
# ## What the graph says
#
# The hidden motivation is the two-headed arrow. Adjustment is impossible, but the front door is
# open.

# %%
graph = Graph(
    """
    reminders -> doses -> relief
    reminders <-> relief
    """
)
answer = identify(graph, Query("relief", do="reminders"))
print(answer)
print(answer.formula)
print(answer.why)

# %% [markdown]
# ## Three numbers
#
# The doses are no few levels, so that nobody can count cells. `Plugin()` learns every factor of the
# formula, draws from it, and corrects the mean over the draws by what each patient says about each
# factor. `DoublyRobustFrontDoor()` knows this one formula, and needs only regressions and the
# propensity given the doses. The naive difference is what a dashboard would show.

# %%
by_formula = estimate(answer, patients, by=Plugin(folds=2), seed=1)
doubly_robust = estimate(answer, patients, by=DoublyRobustFrontDoor(MediatorCrossFit(2, 1)), seed=1)
arms = [patients[patients.reminders == level].relief for level in (1, 0)]
naive = arms[0].mean() - arms[1].mean()
naive_error = np.sqrt(sum(arm.var() / len(arm) for arm in arms))

# The same question, put to the model that made the patients: the other engine.
truth = world.answer("E[relief(reminders=1)] - E[relief(reminders=0)]", draws=200_000, seed=2)
print(f"truth by simulation    {truth.value:.2f}")
print(f"difference in means    {naive:.2f}")
print(f"formula                {by_formula}")
print(f"doubly robust          {doubly_robust}")

# %%
print(by_formula.why)

# %% [markdown]
# The two estimates are made from the same patients, so that their difference has an interval too,
# much shorter than either's own:

# %%
print(by_formula - doubly_robust)

# %% [markdown]
# ## Many studies
#
# One study may be lucky. Here are forty, of 600 patients each, with linear and logistic regression,
# which are right in this world.

# %%
linear, logistic = LinearRegression(), LogisticRegression()
quick = DoublyRobustFrontDoor(MediatorCrossFit(2, 1, linear, linear, logistic, logistic))
studies = []
for number in range(40):
    rows = world.sample(600, seed=100 + number)[["reminders", "doses", "relief"]].astype(float)
    found = estimate(answer, rows, by=quick, seed=1)
    difference = rows.groupby("reminders").relief.mean().diff().iloc[-1]
    studies.append((found.value, found.interval(), difference))
held = np.mean([truth.value in inside for _, inside, _ in studies])
print(f"{held:.0%} of the intervals hold the truth")

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), width_ratios=(2, 3))
shown = {
    "difference\nin means": (naive, naive - 1.96 * naive_error, naive + 1.96 * naive_error),
    "formula": (by_formula.value, by_formula.interval().low, by_formula.interval().high),
    "doubly\nrobust": (
        doubly_robust.value,
        doubly_robust.interval().low,
        doubly_robust.interval().high,
    ),
}
for place, (value, low, high) in enumerate(shown.values()):
    left.plot([place, place], [low, high], color="C0", lw=2)
    left.plot(place, value, "o", color="C0")
left.set_xticks(range(3), list(shown))
left.set_xlim(-0.5, 2.5)
left.set_ylim(0, None)
left.set_ylabel("effect of reminders on relief")
left.set_title("one study, 3,000 patients")
for place, (value, inside, difference) in enumerate(sorted(studies, key=lambda one: one[0])):
    right.plot([place, place], [inside.low, inside.high], color="C0", lw=1)
    right.plot(place, value, "o", color="C0", ms=3, label="front door" if place == 0 else None)
    right.plot(place, difference, "x", color="C3", ms=4, label="naive" if place == 0 else None)
right.set_xlabel("study")
right.set_title("forty studies, 600 patients each")
for axes in (left, right):
    axes.axhline(truth.value, color="black", lw=1, ls="--", label="truth")
    axes.spines[["top", "right"]].set_visible(False)
right.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
figure.tight_layout()
figure.savefig("front_door.png", dpi=150)

# %% [markdown]
# ## What it rests on
#
# Everything hangs on two missing arrows: reminders do nothing to relief except through doses, and
# motivation does nothing to doses except through reminders. Data cannot check either. If motivated
# patients take more doses whether reminded or not, the front door is shut, and the estimate is off:

# %%
leaking = dict(equations)
leaking["doses"] = lambda reminders, motivation, u=standard: (
    20.0 + 4.0 * reminders + 1.0 * motivation + 3.0 * u
)
leaky = SCM.from_equations(leaking)
others = leaky.sample(3000, seed=3)[["reminders", "doses", "relief"]].astype(float)
wrong = estimate(answer, others, by=quick, seed=1)
right_value = leaky.answer("E[relief(reminders=1)] - E[relief(reminders=0)]", seed=2).value
print(f"truth {right_value:.2f}; the front door that is none: {wrong}")
print(identify(Graph("reminders -> doses -> relief; reminders <-> relief; reminders <-> doses"),
               Query("relief", do="reminders")))  # fmt: skip
