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
# Ten questions, from the one that no data answer to those that an assumption answers. Each is put
# to the same function; each answer says why.

# %%
import numpy as np

from causalsim import Graph, Query, identify
from causalsim.estimand import Table, contrasts, parse_query
from causalsim.identification import Available, Domain
from causalsim.identification.assuming import Levels, Linear, Monotone


def told(answer):
    print(answer)
    if answer.identified:
        print("formula:", answer.formula)
    print("why:", answer.why)
    for step in answer.help:
        print("what would help:", step)


# %% [markdown]
# ## 1. The bow: a cause and its effect share a hidden cause
#
# What is seen is a mixture of the effect and of the hidden cause, and no amount of data tells
# them apart.

# %%
bow = Graph("x -> y; x <-> y")
answer = identify(bow, Query("y", do="x"))
told(answer)

# %% [markdown]
# In a notebook an answer shows itself, and what stands in the way is drawn.

# %%
answer

# %% [markdown]
# ## 2. The front door: a mediator that nobody confounds
#
# The effect of smoking on tar is plain, and so is that of tar on cancer, with smoking held fixed;
# together they give the effect of smoking on cancer (Pearl 1995).

# %%
front_door = Graph("smoking -> tar -> cancer; smoking <-> cancer")
answer = identify(front_door, Query("cancer", do="smoking"), verify=True)
told(answer)
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
napkin

# %% [markdown]
# ## 4. Those who were treated: what if they had not been?
#
# The effect on the treated (ETT) joins two worlds: what treated people had, and what they would
# have had. It is written as it is spoken.

# %%
confounded = Graph("z -> x -> y; z -> y")
question = parse_query("E[y(x=1) - y(x=0) | x=1]")
told(identify(confounded, question, verify=True))
confounded

# %% [markdown]
# ## 5. Mediation: how much of the effect goes round the mediator?
#
# The natural direct effect gives each unit the mediator it would have had without treatment. With
# a hidden cause of mediator and outcome it is lost.

# %%
mediated = Graph("x -> m -> y; x -> y")
direct = contrasts.natural_direct_effect("y", "x", "m")
told(identify(mediated, direct, verify=True))
mediated

# %%
lost = Graph("x -> m -> y; x -> y; m <-> y")
told(identify(lost, direct))
lost

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
told(answer)
cure

# %% [markdown]
# ## 7. Selected units: a census beside a biased sample
#
# Only some people are in the data, and whether they are depends on their age. A census of ages
# makes up for it (Bareinboim, Tian and Pearl 2014).

# %%
sampled = Graph("age -> dose -> cure; age -> cure; age -> selected")
census = Available("age", selected="selected")
told(identify(sampled, Query("cure", do="dose"), available=census, verify=True))
sampled

# %% [markdown]
# ## 8. An instrument: only an interval
#
# Men were assigned at random to take cholestyramine, and not all of them did (Balke and Pearl
# 1997). The assignment z, whether they took it x, and whether their cholesterol fell y are three
# coins; the effect of taking it is not identified.

# %%
instrument = Graph("z -> x -> y; x <-> y")
effect = contrasts.average_effect("y", "x")
told(identify(instrument, effect))
instrument

# %% [markdown]
# Once their levels are declared the effect lies in a sharp interval, well above zero. Its ends are
# the largest and the smallest of eight expressions each.

# %%
by_arm = np.array([[[0.919, 0.081], [0.000, 0.000]], [[0.315, 0.073], [0.139, 0.473]]])
table = Table.of(["z", "x", "y"], by_arm / 2)
bounded = identify(instrument, effect, assuming=Levels.binary("z", "x", "y"))
print(bounded)
print("why:", bounded.why)
print("one of the lower ends:", bounded.formula.lower[1])
print("the effect lies", bounded.evaluate(table))

# %% [markdown]
# ## 9. The same instrument, if something is assumed
#
# If nobody does the opposite of what he is assigned to, the effect among those who comply is
# identified (Imbens and Angrist 1994). It is another question than the one that was asked, and the
# answer says so.

# %%
told(identify(instrument, effect, assuming=Monotone("z", "x")))

# %% [markdown]
# If every variable is a linear function of its causes, the effect is the same in everyone, and is a
# ratio of covariances (Wright 1928). Neither assumption is ever made unless it is stated.

# %%
told(identify(instrument, effect, assuming=Linear(), verify=True))

# %% [markdown]
# ## 10. Was it the cause?
#
# The probability of necessity asks of those who were treated and fell ill: would they have stayed
# well without? Two worlds of one person are never seen together, so that no data tell; if the
# treatment never prevents the illness, they do (Tian and Pearl 2000).

# %%
blamed = Graph("z -> x -> y; z -> y")
necessity = contrasts.probability_of_necessity("y", "x")
told(identify(blamed, necessity))
print()
told(identify(blamed, necessity, assuming=Monotone("x", "y"), verify=True))
blamed
