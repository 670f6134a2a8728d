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
# # Can my data answer this?
#
# Seven questions, from the one that no data answer to the one that only an interval answers. Each
# is put to the same function; each answer says why.

# %%
import numpy as np

from causalsim import Graph, Query, identify
from causalsim.estimand import Table, contrasts, parse_query
from causalsim.identification import Available, Domain, bound_effect


def told(answer):
    print(answer)
    print("why:", answer.why)
    if not answer.identified and hasattr(answer, "help"):
        print("what would help:", "; ".join(answer.help))


# %% [markdown]
# ## 1. The bow: a cause and its effect share a hidden cause
#
# What is seen is a mixture of the effect and of the hidden cause, and no amount of data tells
# them apart.

# %%
bow = Graph("x -> y; x <-> y")
told(identify(bow, Query("y", do="x")))
identify(bow, Query("y", do="x"))

# %% [markdown]
# ## 2. The front door: a mediator that nobody confounds
#
# The effect of smoking on tar is plain, and so is that of tar on cancer, with smoking held fixed;
# together they give the effect of smoking on cancer (Pearl 1995).

# %%
front_door = Graph("smoking -> tar -> cancer; smoking <-> cancer")
answer = identify(front_door, Query("cancer", do="smoking"), verify=True)
told(answer)
print(answer.formula)
front_door

# %% [markdown]
# ## 3. The napkin: neither adjustment nor a front door, and yet a formula
#
# W cannot be adjusted for, since it opens a path between its two hidden causes. The effect is a
# ratio that holds for every value of Z (Pearl and Mackenzie 2018).

# %%
napkin = Graph("w -> z -> x -> y; w <-> x; w <-> y")
answer = identify(napkin, Query("y", do="x"), verify=True)
told(answer)
print(answer.formula)
napkin

# %% [markdown]
# ## 4. Those who were treated: what if they had not been?
#
# The effect on the treated joins two worlds: what treated people had, and what they would have
# had. It is written as it is spoken.

# %%
confounded = Graph("z -> x -> y; z -> y")
question = parse_query("E[y(x=1) - y(x=0) | x=1]")
answer = identify(confounded, question, verify=True)
print(answer.formula)
print(answer.why)

# %% [markdown]
# ## 5. Mediation: how much of the effect goes round the mediator?
#
# The natural direct effect gives each unit the mediator it would have had without treatment. With
# a hidden cause of mediator and outcome it is lost.

# %%
mediated = Graph("x -> m -> y; x -> y")
direct = contrasts.natural_direct_effect("y", "x", "m")
print(direct, "=", identify(mediated, direct).formula)
print(identify(Graph("x -> m -> y; x -> y; m <-> y"), direct).why)
mediated

# %% [markdown]
# ## 6. Transport: a trial elsewhere, a survey here
#
# A dose was tried in another city, whose people have another age. The trial gives the effect at
# each age, our survey gives the ages.

# %%
cure = Graph("age -> dose -> cure; age -> cure")
trial = Domain("trial", differs="age", observational=False, experiments=["dose"])
available = Available(observational="age", domains=trial)
answer = identify(cure, Query("cure", do="dose"), available=available, verify=True)
print(answer.formula)
print(answer.why)
cure

# %% [markdown]
# ## 7. An instrument: only an interval
#
# Men were assigned at random to take cholestyramine, and not all of them did (Balke and Pearl
# 1997). The assignment z, whether they took it x, and whether their cholesterol fell y are three
# coins; the effect of taking it is not identified, and lies in a sharp interval well above zero.

# %%
instrument = Graph("z -> x -> y; x <-> y")
told(identify(instrument, Query("y", do="x")))
by_arm = np.array([[[0.919, 0.081], [0.000, 0.000]], [[0.315, 0.073], [0.139, 0.473]]])
bounds = bound_effect(instrument, "y", {"x": 1}, {"x": 0}, Table.of(["z", "x", "y"], by_arm / 2))
print("the effect lies", bounds)
print(bounds.why)
instrument
