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
# # A book in one page: giving up smoking, chapters 12 to 16 of *What If*
#
# Hernán and Robins work through one question with one table of 1,629 smokers (NHEFS): how much
# weight does giving up smoking add? Each chapter has its own method. Here every chapter is one
# estimator for the *same answer to the same question*, and its number is the book's.

# %%
import causaldata
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from causalsim import Graph, Query, estimate, identify
from causalsim.checks import balance, overlap, refute, robustness
from causalsim.estimand import parse_query
from causalsim.estimation import AIPW, IPW, Regression
from causalsim.estimation.estimators import Covariances
from causalsim.estimation.instruments import anderson_rubin
from causalsim.estimation.sequences import MSM, GEstimation
from causalsim.identification.assuming import Linear
from causalsim.plots import Estimate, forest
from causalsim.reporting import Plot

raw = causaldata.nhefs.load_pandas().data.rename(columns={"qsmk": "quit", "wt82_71": "gain"})
bent = ["age", "wt71", "smokeintensity", "smokeyrs"]
kinds = ["education", "exercise", "active"]
people = raw[["sex", "race", *bent, *kinds, "quit", "gain", "death"]].copy()
for name in kinds:
    people[name] = people[name].astype(int).astype(str)  # categories, not amounts
for name in bent:
    people[f"{name}_squared"] = people[name] ** 2  # the book's models are quadratic
people["gone"] = people["gain"].isna().astype(int)
people.attrs["units"] = {"gain": "kg"}
seen = people[people["gone"] == 0]
causes = [name for name in people.columns if name not in ("quit", "gain", "death", "gone")]
len(people), len(seen)

# %% [markdown]
# ## The question
#
# The nine measured causes (and their squares, which the book's models have) may lead to giving up
# and to gaining weight.

# %%
arrows = [(cause, after) for cause in causes for after in ("quit", "gain")]
answer = identify(Graph([*arrows, ("quit", "gain")]), Query("gain", do="quit"))
print(answer)


def likelihood() -> object:
    """A logistic regression without penalty, as the book has it."""
    return make_pipeline(StandardScaler(), LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000))


# %% [markdown]
# ## Chapter 12: weights
#
# Without adjustment (12.1), by inverse probability weights (12.2), by stabilised weights in a
# marginal structural model (12.3).

# %%
plain = estimate(identify(Graph("quit -> gain"), Query("gain", do="quit")), seen, by=Regression())
weighted = estimate(answer, seen, by=IPW(propensity=likelihood()))
stabilised = estimate(answer, seen, by=MSM(folds=1, propensity=likelihood()))
print(plain, weighted, stabilised, sep="\n")
print(balance(weighted, seen))
print(overlap(weighted, seen))

# %%
Plot.of(balance(weighted, seen).plot())

# %% [markdown]
# 63 people were not weighed in 1982. Staying is made a second action, "and nobody was lost", so
# that weights for censoring (12.6) need nothing new: the question says it.

# %%
later = [(cause, "gone") for cause in causes]
order = [("quit", "gone"), ("quit", "gain"), ("gone", "gain")]
kept = identify(
    Graph([*arrows, *later, *order]), parse_query("E[gain(quit=1, gone=0) - gain(quit=0, gone=0)]")
)
censored = estimate(kept, people, by=MSM(folds=1, propensity=likelihood()), units="kg")
print(censored)

# %% [markdown]
# ## Chapters 13 and 15: outcome regression
#
# Standardisation (13.3) averages an effect that varies with the cigarettes smoked; chapter 15 also
# gives it without the product, 3.5 kg, and for people who smoked 5 and 40 a day, 2.8 and 4.4.

# %%
standardised = estimate(answer, seen, by=Regression(interactions=("smokeintensity",)))
regressed = estimate(answer, seen, by=Regression(interactions=()))
print(standardised, regressed, sep="\n")
standardised.at(seen.head(2).assign(smokeintensity=[5, 40])).round(1)

# %% [markdown]
# ## Chapter 14: g-estimation
#
# The effect is the number which, taken away from those who gave up, leaves a weight that says
# nothing about who they were. (The book also weighs for censoring here, and prints 3.4.)

# %%
nested = estimate(answer, seen, by=GEstimation(augmented=False))
print(nested)

# %% [markdown]
# ## Chapter 16: an instrument that says nothing
#
# The price of cigarettes in a person's state moves few of them to give up. The book prints 2.4 kg
# with an interval from -36 to 41, which takes one variance for everybody; the one below does not.
# The first stage tells why it is so long, and a set that holds however weak the instrument is does
# not pretend to know.

# %%
priced = raw.dropna(subset=["gain", "price82"]).assign(dear=lambda rows: (rows.price82 > 1.5) * 1)
by_price = identify(
    Graph("dear -> quit -> gain; quit <-> gain"), Query("gain", do="quit"), assuming=Linear()
)
instrumented = estimate(by_price, priced, by=Covariances(), units="kg")
print(instrumented)
print("compatible with the data:", anderson_rubin(instrumented, priced))

# %% [markdown]
# ## What the book could not yet have
#
# Cross-fitted, doubly robust, with learners instead of quadratic terms.

# %%
learnt = estimate(answer, seen, by=AIPW(), seed=1)
print(learnt)

# %% [markdown]
# ## All of them

# %%
shown = [
    Estimate.of(plain, "12.1 unadjusted"),
    Estimate.of(weighted, "12.2 weights"),
    Estimate("printed in 12.2", 3.4, 2.4, 4.5, published=True),
    Estimate.of(censored, "12.7 weights for censoring too"),
    Estimate("printed in 12.7", 3.5, 2.5, 4.5, published=True),
    Estimate.of(standardised, "13.3 standardisation"),
    Estimate("printed in 13.3", 3.5, 2.6, 4.5, published=True),
    Estimate.of(nested, "14.2 g-estimation"),
    Estimate("printed in 14.2", 3.4, 2.5, 4.5, published=True),
    Estimate.of(regressed, "15.1 regression"),
    Estimate("printed in 15.1", 3.5, 2.6, 4.3, published=True),
    Estimate.of(learnt, "cross-fitted AIPW"),
]
Plot.of(forest(shown, unit="kg"))

# %% [markdown]
# That they agree is no accident and no proof. They share the graph: were a cause of both giving up
# and gaining weight missing from it, all of them would be wrong together.
#
# ## Why believe it?

# %%
print(refute(learnt, seen, seed=1))
print(robustness(learnt, seen))

# %%
assert abs(weighted.value - 3.441) < 0.001
assert abs(censored.value - 3.496) < 0.001
assert abs(regressed.value - 3.463) < 0.001
assert abs(instrumented.value - 2.396) < 0.001
