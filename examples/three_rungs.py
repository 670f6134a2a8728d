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
# # Seeing, doing, imagining
#
# Three questions sound alike and have three answers. How do those fare who take the drug? How would
# people fare if they were given it? And would *this* patient, who took it and recovered, have
# recovered without? A model written as its equations answers all of them.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from pyro.distributions import Normal, Uniform

from causalsim import SCM, Query, identify
from causalsim.estimand import evaluate
from causalsim.scm import Policy, Shift

whim, rest = Normal(0.0, 3.0), Normal(0.0, 5.0)
model = SCM.from_equations(
    {
        "age": Normal(60.0, 10.0),
        "dose": lambda age, u=whim: 15.0 + 0.4 * (age - 60.0) + u,
        "pressure": lambda age, dose, u=rest: 100.0 + 0.9 * age - 1.2 * dose + u,
    }
)
print(model.equations)
model.graph

# %% [markdown]
# Doctors give more to the old, and the old have a higher pressure. Each unit of the drug lowers the
# pressure by 1.2, whatever the age.
#
# ## First rung: seeing
#
# Among patients of equal age the doses differ by chance only, but among all patients a higher dose
# means a higher age. Conditioning on a dose answers what is *seen* at that dose.

# %%
for dose in (10, 20):
    print(model.answer(f"E[pressure | dose={dose}]"))

# %% [markdown]
# ## Second rung: doing
#
# Setting the dose breaks the arrow from age into dose. Every question is one text, and the answer
# says how it was found.

# %%
for dose in (10, 20):
    print(model.answer(f"E[pressure | do(dose={dose})]"))
print(model.answer("E[pressure(dose=20) - pressure(dose=10)]").why)

# %% [markdown]
# An action need not be a constant. Here are four policies on the same 20,000 people, whose noise is
# the same in all of them: contrasts carry no sampling noise that the worlds share.

# %%
policies = model.worlds(
    {
        "as is": {},
        "everybody 20": {"dose": 20.0},
        "two more each": {"dose": Shift(+2.0)},
        "by age": {"dose": Policy(lambda age: 10.0 + 20.0 * (age > 65))},
    },
    units=20_000,
    seed=1,
)
usual = policies["as is"]
summary = pd.DataFrame(
    {
        "mean dose": [policies[name]["dose"].mean() for name in policies],
        "mean pressure": [policies[name]["pressure"].mean() for name in policies],
        "share above 140": [(policies[name]["pressure"] > 140).mean() for name in policies],
        "helped": [(policies[name]["pressure"] < usual["pressure"]).mean() for name in policies],
    },
    index=list(policies),
)
summary.round(3)

# %% [markdown]
# ## Third rung: imagining
#
# Two patients, seen as they are. Their own noise is recovered from what was seen (abduction), the
# dose is set (action), and the equations are run again (prediction).

# %%
patients = pd.DataFrame(
    {"age": [50.0, 70.0], "dose": [12.0, 21.0], "pressure": [126.0, 151.0]}, index=["ann", "bob"]
)
imagined = model.worlds({"none": {"dose": 0.0}, "double": {"dose": 2 * patients["dose"]}}, patients)
imagined.frame

# %%
imagined["double"]["pressure"] - imagined["none"]["pressure"]

# %% [markdown]
# A trial is a world of its own, and evidence may come from there. Somebody aged 60 was in the arm
# of 20 units and found at 130: what would the pressure have been under usual care? Which dose a
# doctor would have chosen the trial does not tell, so that it is drawn.

# %%
trial = {"arm 20": pd.DataFrame({"age": [60.0], "pressure": [130.0]})}
found = model.worlds({"arm 20": {"dose": 20.0}, "usual care": {}}, trial, draws=5_000, seed=1)
pressure = found["usual care"].draws("pressure")
low, high = pressure.interval(0.9)
print(f"{pressure.mean()[0]:.1f}, nine times in ten between {low[0]:.1f} and {high[0]:.1f}")
print(found.why)

# %% [markdown]
# ## The two engines agree
#
# Where a graph and data alone suffice, `identify` gives a formula. On the model's own distribution
# the formula must give what the model answers, here with all variables on levels: exactly.

# %%
luck = Uniform(0.0, 1.0)
clinic = SCM.from_equations(
    {
        "old": lambda u=luck: u < 0.4,
        "drug": lambda old, u=luck: u < 0.2 + 0.5 * old,
        "recovered": lambda old, drug, u=luck: u < 0.7 - 0.4 * old + 0.2 * drug,
    }
)
query = Query("recovered", do="drug")
formula = identify(clinic.graph, query).formula
joint = clinic.answer(Query(["old", "drug", "recovered"])).table
print(formula)
by_formula = evaluate(formula, joint).at(["recovered", "drug"])
print("greatest difference:", np.abs(by_formula - clinic.answer(query).values).max())

# %% [markdown]
# The third rung is beyond formulas here: whether the drug *did it* for somebody who took it and
# recovered hangs on how the noise acts, and the answer says what was assumed.

# %%
necessity = clinic.answer("P(recovered(drug=0)=0 | drug=1, recovered=1)")
print(necessity)
print(necessity.why)

# %% [markdown]
# ## The picture

# %%
grid = np.linspace(5, 30, 26)
rows = usual.frame.iloc[:1500]
figure, (left, right) = plt.subplots(1, 2, figsize=(9.5, 3.8), layout="constrained")
left.scatter(rows["dose"], rows["pressure"], s=4, color="#b8c4ce", label="patients as they are")
seen = [model.answer(f"E[pressure | dose={dose!r}]").value for dose in grid.tolist()]
left.plot(grid, seen, color="#af601a", lw=2, label="seen: E[pressure | dose]")
curve = model.dose_response("dose", grid, "pressure", units=20_000, seed=1)
left.plot(curve.places, curve.means, color="#1f618d", lw=2, label="done: E[pressure | do(dose)]")
left.set(xlabel="dose", ylabel="pressure", title="Seeing is not doing", ylim=(95, 185))
left.legend(frameon=False, fontsize=8, loc="upper left")
doses = np.linspace(0, 40, 41)
for name, colour in zip(patients.index, ("#1f618d", "#af601a"), strict=True):
    one = patients.loc[[name]]
    line = model.dose_response("dose", doses, "pressure", one)
    right.plot(line.places, line.means, color=colour, lw=2, label=f"{name}, had the dose been …")
    right.plot(one["dose"], one["pressure"], "o", color=colour, ms=8)
right.set(xlabel="dose", ylabel="pressure", title="Imagining: each patient's own line")
right.legend(frameon=False, fontsize=8)
figure.savefig("three_rungs.png", dpi=120)
