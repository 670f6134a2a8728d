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
# # Would they have recovered without the treatment?
#
# Doctors treat those who are ill. How ill somebody is, nobody wrote down: *severity* is a hidden
# cause of being treated and of recovering. A blood marker tells something about it, but was taken
# from some patients only. What would have become of these very patients, had they not been treated?
#
# To answer for one person, the model must first find out what it can about *that* person: the
# severity that the row makes likely, and the person's own luck. This is abduction, and with hidden
# variables and missing cells it has no one-line solution. Here an engine is chosen for every row,
# and the answer says which.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from causalsim import SCM, Graph, Shift
from causalsim.scm import Particles, linear, logistic
from causalsim.scm.engines import SVI, Laplace

model = SCM(
    Graph("severity -> marker; severity -> treated; severity -> recovered; treated -> recovered"),
    {
        "severity": linear({}),
        "marker": linear({"severity": 0.8}, scale=0.6),
        "treated": logistic({"severity": 1.5}),
        "recovered": logistic({"treated": 1.2, "severity": -2.0}, intercept=0.5),
    },
)
print(model.equations)

# %% [markdown]
# ## The patients
#
# All four were treated. Two recovered; one of each two has a marker. There is no column for the
# severity: it is hidden for everybody. The missing cells are hidden for their rows only.

# %%
patients = pd.DataFrame(
    {
        "marker": [np.nan, 1.4, np.nan, 1.4],
        "treated": [1, 1, 1, 1],
        "recovered": [1, 1, 0, 0],
    },
    index=["recovered", "recovered, high marker", "did not", "did not, high marker"],
)
untreated = model.counterfactual(patients, do={"treated": 0}, draws=4_000, seed=1)
pd.DataFrame({"recovers untreated": untreated.probability("recovered", 1)}, index=patients.index)

# %% [markdown]
# A high marker means a severe illness, so that recovering was the treatment's doing more often. And
# nobody who did not recover *with* the treatment would have recovered without it: the treatment
# harms nobody in this model, and each patient keeps their own luck. (Drawing new luck in the other
# world, as conditioning and simulating again would do, gives those two a fair chance.)
#
# ## How it was computed
#
# Rows that lack the same cells are planned together. Nothing here is linear with Normal noise, nor
# are levels all that is hidden; the result says so.

# %%
for label, rows, how in untreated.diagnostics.patterns:
    print(f"{rows} rows {label}:\n    {how}\n")

# %% [markdown]
# ## Choosing the engine
#
# Any engine can be asked for; one that does not apply is an error that says why, never a silent
# replacement. Engines that apply must agree. The truth of the first row is an integral over one
# hidden number, which a fine grid gives.

# %%
z = np.linspace(-10, 10, 20_001)


def sigmoid(odds: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-odds))


believed = np.exp(-z * z / 2) * sigmoid(1.5 * z) * sigmoid(1.7 - 2 * z)
truth = (believed * sigmoid(0.5 - 2 * z) / sigmoid(1.7 - 2 * z)).sum() / believed.sum()

first = patients.iloc[[0]].drop(columns="marker")
engines = {"Particles": Particles(4_000), "Laplace": Laplace(4_000), "SVI": SVI(count=4_000)}
answers = {
    name: model.counterfactual(first, do={"treated": 0}, draws=4_000, by=engine, seed=1)
    for name, engine in engines.items()
}
for name, answer in answers.items():
    told = answer.diagnostics
    worth = f"worth {told.ess:.0f} draws"
    shape = "" if told.k_hat is None else f", k-hat {told.k_hat:.2f}"
    print(f"{name:10} {answer.probability('recovered', 1)[0]:.4f}  {worth}{shape}")
print(f"{'integral':10} {truth:.4f}")

# %%
try:
    from causalsim.scm.engines import Gaussian

    model.counterfactual(first, do={"treated": 0}, by=Gaussian())
except Exception as error:
    print(error)

# %% [markdown]
# ## The picture
#
# Shifting the severity by nothing asks for the severity as it was: its draws are what each row
# says about the hidden cause.

# %%
severity = model.counterfactual(patients, do={"severity": Shift(0.0)}, draws=4_000, seed=1)
figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
bins = np.linspace(-2.5, 3.5, 49)
colours = ("#7fb3d5", "#1f618d", "#f0b27a", "#af601a")
drawn = severity.draws_of["severity"].numpy()
for column, (name, colour) in enumerate(zip(patients.index, colours, strict=True)):
    left.hist(drawn[:, column], bins, density=True, histtype="step", lw=1.8, color=colour)
    left.plot([], [], color=colour, lw=1.8, label=name)
left.plot(bins, np.exp(-bins * bins / 2) / np.sqrt(2 * np.pi), "k:", lw=1, label="everybody")
left.set(xlabel="severity (hidden)", ylabel="density", title="What each row says about severity")
left.set_ylim(0, 1.15)
left.legend(fontsize=7.5, frameon=False, loc="upper left")
for place, answer in enumerate(answers.values()):
    chance = answer.probability("recovered", 1)[0]
    error = 2 * (chance * (1 - chance) * (1 / 4_000 + 1 / answer.diagnostics.ess)) ** 0.5
    right.errorbar(place, chance, error, fmt="o", color="#1f618d", capsize=4)
right.axhline(truth, color="k", ls=":", lw=1)
right.annotate("the integral", (-0.45, truth), (0, 3), textcoords="offset points", fontsize=8)
right.set_xticks(range(3), answers)
right.set(xlim=(-0.5, 2.8), ylabel="probability", title="Recovers untreated: first patient")
figure.savefig("partial_evidence.png", dpi=120)
