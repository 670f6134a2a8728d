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
# # Can observation replace the experiment? LaLonde's study
#
# In 1976 a training programme was given by lot, so its effect on the earnings of 1978 is known.
# LaLonde (1986) then threw the trial's control group away, put people of a survey in its place, and
# asked whether the methods of his day would find the effect again. They did not. This is the
# version of Dehejia and Wahba (1999), with 15,992 people of the Current Population Survey.

# %%
import causaldata
import pandas as pd

from causalsim import Graph, Query, estimate, identify
from causalsim.checks import balance, overlap, robustness
from causalsim.estimation import AIPW, IPW, Regression, Treated
from causalsim.estimation.estimators import EntropyBalancing, Matching
from causalsim.plots import Estimate, forest
from causalsim.reporting import Plot

trial = causaldata.nsw_mixtape.load_pandas().data
survey = causaldata.cps_mixtape.load_pandas().data
rows = pd.concat([trial[trial["treat"] == 1], survey], ignore_index=True)
rows["u74"], rows["u75"] = (rows["re74"] == 0) * 1, (rows["re75"] == 0) * 1
rows.attrs["units"] = trial.attrs["units"] = {"re78": "dollars"}
rows.groupby("treat")[["age", "educ", "black", "re74", "re75", "re78"]].mean().round(1)

# %% [markdown]
# ## What the lot says
#
# Nothing causes a lot, so nothing is adjusted for.

# %%
by_lot = identify(Graph("treat -> re78"), Query("re78", do="treat"))
truth = estimate(by_lot, trial, by=Regression(), seed=1)
print(truth)

# %% [markdown]
# ## What the survey says, taken at its word
#
# People of the survey are older, schooled longer and seldom out of work. The plain difference says
# that training costs 8,500 dollars a year.

# %%
naive = estimate(by_lot, rows, by=Regression(), seed=1)
print(naive)

# %% [markdown]
# ## The graph
#
# Everything that was asked about people may have led both into the programme and to their later
# earnings. That nothing else did is an assumption which no test on these rows can prove.

# %%
asked = ["age", "educ", "black", "hisp", "marr", "nodegree", "re74", "re75", "u74", "u75"]
arrows = "; ".join(f"{cause} -> treat; {cause} -> re78" for cause in asked)
answer = identify(Graph(f"{arrows}; treat -> re78"), Query("re78", do="treat"))
print(answer)

# %% [markdown]
# ## For whom?
#
# The effect on *everyone* would need trainees who resemble the survey's people. There are none, and
# the estimate says so before anyone can be misled: nearly all propensities had to be clipped.

# %%
everyone = estimate(answer, rows, by=AIPW(repeats=1), seed=1)
print(everyone)
report = overlap(everyone, rows)
assert not report.passed
for violation in report.violations[:3]:
    print("-", violation)

# %%
Plot.of(report.plot())

# %% [markdown]
# The effect on those who *were trained* only needs people of the survey who resemble the trainees,
# and among sixteen thousand there are enough. That is also the effect which the lot measures.
# Several estimators with little in common answer the same question.

# %%
ways = (
    AIPW(target=Treated(), repeats=3),
    IPW(target=Treated()),
    EntropyBalancing(target=Treated()),
    Matching(target=Treated()),
)
treated = [estimate(answer, rows, by=way, seed=1) for way in ways]
for effect in treated:
    print(effect)
assert all(abs(effect.value - truth.value) < 700 for effect in treated)

# %%
balanced = balance(treated[1], rows)
print(balanced)
Plot.of(balanced.plot())

# %% [markdown]
# ## Side by side
#
# All four lie within the experiment's interval, at least 25 times nearer than the plain difference.
# Their intervals are wide: 185 trainees do not tell more.

# %%
shown = [
    Estimate.of(truth, "experiment"),
    *(Estimate.of(effect) for effect in treated),
    Estimate.of(everyone, "AIPW for everyone (no overlap)"),
    Estimate.of(naive, "no adjustment"),
]
Plot.of(forest(shown, unit="dollars"))

# %% [markdown]
# ## How strong would a hidden cause have to be?

# %%
print(robustness(treated[0], rows))
