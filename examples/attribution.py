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
# # Why? Outliers, changes and variance explained
#
# A shop on the web: a campaign brings visitors, visitors load the servers, load makes pages slow,
# and slow pages cost orders. One day the revenue is far too low. Which part of the system broke?
#
# The answer needs a causal model. A correlation says that everything downstream of the broken part
# looks strange as well.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from causalsim import SCM, Graph
from causalsim.scm import Shift, linear

graph = Graph("campaign -> visitors -> load -> delay -> orders <- visitors; orders -> revenue")


def shop(**changed):
    mechanisms = {
        "campaign": linear({}, intercept=10.0, scale=2.0),
        "visitors": linear({"campaign": 8.0}, intercept=120.0, scale=10.0),
        "load": linear({"visitors": 0.3}, intercept=5.0, scale=3.0),
        "delay": linear({"load": 0.02}, intercept=0.2, scale=0.15),
        "orders": linear({"visitors": 0.1, "delay": -4.0}, intercept=10.0, scale=1.5),
        "revenue": linear({"orders": 30.0}, intercept=0.0, scale=30.0),
    }
    return SCM(graph, {**mechanisms, **changed})


usual = shop()
days = usual.sample(1_000, seed=1)
model = SCM.fit(graph, days)
print(model.equations)

# %% [markdown]
# ## Is the model good enough?
#
# Judged by days that it was not fitted to.

# %%
verdicts = model.evaluate(usual.sample(500, seed=2))
print(verdicts)
print(verdicts.why)

# %% [markdown]
# ## One bad day
#
# Take an ordinary day and make its pages two and a half seconds slower than they would have been,
# for a reason of their own. Orders and revenue then fall, as they have to.

# %%
ordinary = days.iloc[[5]]
bad_day = usual.counterfactual(ordinary, do={"delay": Shift(2.5)}).frame
outlier = model.explain_outlier(bad_day, "revenue")
print(outlier.why)
outlier.to_frame().round(3)

# %% [markdown]
# The z-scores of the columns name three suspects; the noises name one.

# %%
scores = ((bad_day - days.mean()) / days.std()).iloc[0]
scores.round(1)

# %% [markdown]
# ## A worse quarter
#
# In the next quarter the mean revenue differs. Two things changed: the campaign is smaller, and the
# servers are slower for the same load. Two models, one for each quarter, tell how much each costs.

# %%
later = shop(
    campaign=linear({}, intercept=8.0, scale=2.0),
    delay=linear({"load": 0.03}, intercept=0.2, scale=0.15),
)
after = SCM.fit(graph, later.sample(1_000, seed=3))
change = model.explain_change(after, "revenue", seed=1)
print(change)
truth = usual.explain_change(later, "revenue", seed=1)
pd.DataFrame({"fitted": dict(change.parts), "truth": dict(truth.parts)}).round(1)

# %% [markdown]
# What is left for the mechanisms that did not change is the error of fitting 1,000 days.
#
# ## Where the variance comes from
#
# The *intrinsic influence* of a variable is what its own noise adds to the variance of the revenue;
# the *strength* of an arrow is the variance that cutting it would add to its end.

# %%
influences = model.intrinsic_influences("revenue")
strengths = model.arrow_strengths("orders")
print(influences)
print(strengths)

# %% [markdown]
# ## The picture

# %%
figure, axes = plt.subplots(1, 3, figsize=(12, 3.4), layout="constrained", sharey=True)
panels = [
    ("The bad day", outlier, "share of the outlier score (nats)", "#c0392b"),
    ("The worse quarter", change, "change of mean revenue", "#f0b27a"),
    ("An ordinary day", influences, "variance of revenue", "#7fb3d5"),
]
names = list(graph.order())[::-1]
for axis, (title, found, label, colour) in zip(axes, panels, strict=True):
    values = np.array([found[name] for name in names])
    errors = np.array([2 * found.errors[name] for name in names])
    axis.barh(names, values, xerr=errors if errors.any() else None, color=colour, capsize=3)
    axis.axvline(0.0, color="k", lw=0.8)
    axis.set(title=title, xlabel=label)
figure.savefig("attribution.png", dpi=120)
