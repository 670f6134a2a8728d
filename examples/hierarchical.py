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
# # Does income lengthen life, and does it do so everywhere?
#
# Gapminder's life expectancy and income of 25 American countries, every five years from 1952 to
# 2007. Countries are alike, but not the same: each has a level and an income slope of its own, and
# twelve rows are few to learn them from. A hierarchical model lets countries learn from each other
# (partial pooling), and a posterior says what the rows leave open.

# %%
import matplotlib.pyplot as plt
import numpy as np
from causaldata import gapminder

from causalsim import SCM, Graph
from causalsim.scm.learning import HalfNormal, Laplace, Normal, Pooled, Prior

rows = gapminder.load_pandas().data.query("continent == 'Americas'").reset_index(drop=True)
people = rows[["country"]].assign(
    decade=(rows["year"] - 1982) / 10,
    income=np.log2(rows["gdpPercap"]),  # one more is twice the income
    life=rows["lifeExp"],
)
people.head(3).round(2)

# %% [markdown]
# ## 1. The graph
#
# Time (medicine, hygiene) and whatever a country is lead to income and to life expectancy. That
# nothing else does is an assumption, and everything below rests on it.

# %%
graph = Graph("""
    country -> income -> life <- country
    decade -> income
    decade -> life
""")
graph

# %% [markdown]
# ## 2. Families, priors, and the posterior
#
# Income grows at its own pace in each country; life expectancy follows time and income, at a level
# and with slopes of each country's own. What is believed beforehand is said in years of life.

# %%
using = {
    "income": Pooled(by="country", slopes=("decade",)),
    "life": Pooled(by="country", slopes=("income", "decade")),
}
priors = {
    "life": Prior(
        slopes={"income": Normal(0, 5), "decade": Normal(2, 2)},
        noise=HalfNormal(3),
        groups=HalfNormal(4),
    )
}
posterior = SCM.fit(graph, people, using=using, priors=priors, by=Laplace(1000), seed=1)
print(posterior)
print(posterior.why)

# %% [markdown]
# ## 3. Can the draws be trusted?
#
# Lines and countries are integrated out exactly; only the noise and the spreads between countries
# are approximated, and the importance weights of that approximation have a tail that can be trusted
# (k̂ below 0.7; above it the posterior would say so). R-hat and effective sample sizes are ArviZ's.
# `by=NUTS()` gives the same with chains; `posterior.to_inferencedata()` hands the draws to ArviZ.

# %%
table = posterior.diagnostics.set_index("parameter")
shown = ["life.income", "life.decade", "life.sd", "life.sd between country"]
shown += ["life.sd of income between country", "life.sd of decade between country"]
table.loc[shown, ["mean", "sd", "low", "high", "r_hat", "ess_bulk"]].round(2)

# %% [markdown]
# What would the priors alone have expected? Before any row was seen, life expectancies spread far
# beyond what is possible: the priors decide little.

# %%
before = posterior.prior(draws=200, seed=1).sample(100, seed=1)["life"]
print(before.interval())

# %% [markdown]
# ## 4. Twice the income
#
# The effect of doubling everyone's income on average, with the two kinds of uncertainty apart:
# *parameters* would be narrowed by more rows; countries differ whatever the number of rows.

# %%
effect = posterior.effect(
    "life", do={"income": 13.0}, versus={"income": 12.0}, n=500, draws=300, seed=2
)
print(effect)
print(effect.why)

# %% [markdown]
# And for one country in one year: Haiti in 2007, had its income been twice what it was. Its own
# residual is kept, and its own slope is used, as uncertain as it is.

# %%
haiti = people[(people["country"] == "Haiti") & (people["decade"] == 2.5)]
richer = posterior.counterfactual(haiti, do={"income": haiti["income"] + 1}, draws=200)["life"]
print(haiti["life"].item(), "->", richer)

# %% [markdown]
# ## 5. Shrinkage
#
# The slope of each country from its own twelve rows alone (hollow) and partially pooled (filled,
# with 95 % intervals). What twelve rows say about a slope is noisy; the extreme ones are drawn
# in furthest.

# %%
names = sorted(people["country"].unique())


def alone(country: str) -> float:
    own = people[people["country"] == country]
    columns = np.column_stack([np.ones(len(own)), own["decade"], own["income"]])
    return float(np.linalg.lstsq(columns, own["life"], rcond=None)[0][2])


slopes = {
    name: posterior.draws("life.income") + posterior.draws(f"life.income:country[{name}]")
    for name in names
}
order = sorted(names, key=lambda name: slopes[name].mean())
height = np.arange(len(order))
middle = [slopes[name].mean() for name in order]
low, high = np.quantile([slopes[name] for name in order], [0.025, 0.975], axis=1)

figure, (left, right) = plt.subplots(1, 2, figsize=(10, 6), width_ratios=[3, 2])
left.hlines(height, low, high, color="#4477aa", linewidth=1.5)
left.plot(middle, height, "o", color="#4477aa", label="partially pooled, 95 %")
left.plot([alone(name) for name in order], height, "o", mfc="none", color="#cc6677", label="alone")
left.axvline(posterior.draws("life.income").mean(), color="grey", linewidth=1, label="average")
left.set_yticks(height, order, fontsize=8)
left.set_xlabel("years of life for twice the income")
left.legend(loc="upper left", fontsize=8)

found = effect.interval()
bars = {"average, by parameters": found.parameters, "one country, by both": found.both}
for index, (_, (start, stop)) in enumerate(bars.items()):
    right.plot([start, stop], [index, index], color="#4477aa", linewidth=6, solid_capstyle="butt")
    right.plot(effect.mean, index, "o", color="black")
right.set_yticks(range(len(bars)), list(bars))
right.set_ylim(-0.7, 1.7)
right.axvline(0.0, color="grey", linewidth=1)
right.set_xlabel("effect of twice the income, years (95 %)")
figure.tight_layout()
figure.savefig("hierarchical.png", dpi=120)
