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
# # How does it work? Mediation and single paths
#
# A training programme helps pupils to pass. Is that the teaching itself, or that pupils in the
# programme do more homework? *Direct* and *indirect* effects put two worlds into one sentence: the
# outcome under the programme, with the homework that the pupil would have done without it.
#
# The first numbers are those of Pearl, Glymour and Jewell's *Primer* (2016), section 4.5.2.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from causalsim import SCM, Graph, identify
from causalsim.estimand import contrasts, path_specific_effect
from causalsim.scm import Edge, From, Levels, frequencies, linear, logistic, table

binary = Levels((0, 1))
homework = table(["programme"], {(0,): [0.60, 0.40], (1,): [0.25, 0.75]}, levels=[0, 1],
                 domains=[binary])  # fmt: skip
passing = table(
    ["programme", "homework"],
    {(0, 0): [0.8, 0.2], (0, 1): [0.7, 0.3], (1, 0): [0.6, 0.4], (1, 1): [0.2, 0.8]},
    levels=[0, 1],
    domains=[binary, binary],
)
school = SCM(
    Graph("programme -> homework -> passed <- programme"),
    {"programme": frequencies({0: 0.5, 1: 0.5}), "homework": homework, "passed": passing},
)
school.graph

# %% [markdown]
# ## Total, direct, indirect
#
# Each named effect is a question spelt out, and the same question goes to the model and to
# `identify`.

# %%
questions = {
    "total": contrasts.average_effect("passed", "programme"),
    "natural direct": contrasts.natural_direct_effect("passed", "programme", "homework"),
    "natural indirect": contrasts.natural_indirect_effect("passed", "programme", "homework"),
    "controlled direct, homework 0": contrasts.controlled_direct_effect(
        "passed", "programme", {"homework": 0}
    ),
    "controlled direct, homework 1": contrasts.controlled_direct_effect(
        "passed", "programme", {"homework": 1}
    ),
}
answers = {name: school.answer(question) for name, question in questions.items()}
pd.DataFrame(
    {
        "question": [str(question) for question in questions.values()],
        "effect": [round(answer.value, 4) for answer in answers.values()],
        "exact": [answer.exact for answer in answers.values()],
    },
    index=list(questions),
)

# %%
total, indirect = answers["total"].value, answers["natural indirect"].value
direct = answers["natural direct"].value
print(f"homework alone would give {indirect / total:.0%} of the effect,")
print(f"and {1 - direct / total:.0%} of it would be lost without the change in homework")
print(identify(school.graph, questions["natural direct"]).formula)

# %% [markdown]
# The two shares do not add up: homework and programme help each other. Preventing the change in
# homework loses more than the change alone would bring.
#
# ## The same by acting on arrows
#
# An action on one arrow lets a single child see an altered value. And `From` takes the value that
# a variable has in another world. Both say the same sentence.

# %%
worlds = school.worlds(
    {
        "without": {"programme": 0},
        "direct by arrow": {"programme": 0, Edge("programme", "passed"): 1},
        "direct by world": {"programme": 1, "homework": From("without")},
    },
    units=200_000,
    seed=1,
)
for name in ("direct by arrow", "direct by world"):
    print(name, (worlds[name]["passed"] - worlds["without"]["passed"]).mean().round(3))

# %% [markdown]
# ## Which pupils?
#
# Among pupils of the programme who did their homework and passed: who would have passed without?

# %%
print(school.answer("P(passed(programme=0)=1 | programme=1, homework=1, passed=1)"))
print(school.answer("P(passed(programme=1, homework(programme=0))=1 | programme=1, passed=1)"))

# %% [markdown]
# ## Four paths
#
# With two mediators, one influencing the other, there are four ways from cause to effect. Here a
# job training raises skill and confidence, and both help to find work: whether somebody works is a
# logistic function of the rest.

# %%
work = SCM(
    Graph(
        "training -> skill -> confidence -> works; training -> confidence;"
        "skill -> works; training -> works"
    ),
    {
        "training": frequencies({0: 0.6, 1: 0.4}),
        "skill": linear({"training": 1.0}),
        "confidence": linear({"training": 0.5, "skill": 0.4}, scale=0.8),
        "works": logistic({"training": 0.4, "skill": 0.8, "confidence": 0.6}, intercept=-0.5),
    },
)
paths = [
    "training -> works",
    "training -> skill -> works",
    "training -> confidence -> works",
    "training -> skill -> confidence -> works",
]
effects = {
    path: work.answer(path_specific_effect(work.graph, "works", "training", along=path), seed=1)
    for path in paths
}
whole = work.answer(contrasts.average_effect("works", "training"), seed=1)
for path, effect in effects.items():
    told = identify(work.graph, effect.question)
    print(f"{path:42} {effect.value:.4f} (se {effect.error:.4f})  identified: {told.identified}")
print(f"{'all paths together':42} {whole.value:.4f} (se {whole.error:.4f})")

# %% [markdown]
# Either path through skill alone is beyond any experiment: skill must take one value on its way to
# work and another on its way to confidence (a *recanting witness*). The model still knows the
# answer, because it says how each variable comes about; data alone do not, and `identify` says so.
#
# ## The picture

# %%
figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
names = ["total", "natural direct", "natural indirect"]
left.barh(names[::-1], [answers[name].value for name in names[::-1]], color="#7fb3d5")
for place, name in enumerate(names[::-1]):
    left.text(answers[name].value + 0.008, place, f"{answers[name].value:.3f}", va="center")
left.set(xlim=(0, 0.55), xlabel="effect on passing", title="The school")
short = [path.replace("training", "t").replace("confidence", "c").replace("skill", "s")
         .replace("works", "w") for path in paths]  # fmt: skip
values = np.array([effect.value for effect in effects.values()])
errors = np.array([2 * effect.error for effect in effects.values()])
right.barh(short[::-1], values[::-1], xerr=errors[::-1], color="#f0b27a", capsize=3)
right.axvline(whole.value, color="k", ls=":", lw=1)
right.text(whole.value - 0.004, 3.2, "all paths", ha="right", fontsize=8)
right.set(xlabel="effect on working", title="Training, skill, confidence, work: each path")
figure.savefig("mediation.png", dpi=120)
