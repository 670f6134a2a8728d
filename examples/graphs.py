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
# # Does warming up prevent injury? One graph, every question
#
# Shrier and Platt (2008) asked how a study of warm-up exercises and injury should be adjusted, and
# drew the graph below. We ask it everything that arrows alone can answer. No data are needed.

# %%
from itertools import islice

from IPython.display import SVG

from causalsim import Query, identify
from causalsim.graph import Graph, separated
from causalsim.graph.claims.independencies import basis_independencies, pairwise_independencies
from causalsim.graph.drawing import Direction, Highlight, to_svg
from causalsim.graph.effects.adjustment import explain_adjustment, minimal_adjustment_sets
from causalsim.graph.effects.optimal import (
    explain_optimality,
    minimum_adjustment_set,
    optimal_adjustment_set,
)
from causalsim.graph.separation.paths import causal_paths, paths

WARM_UP, INJURY = "WarmUpExercises", "Injury"
graph = Graph("""
    Coach -> {TeamMotivation FitnessLevel}
    Genetics -> {FitnessLevel NeuromuscularFatigue ConnectiveTissueDisorder}
    ConnectiveTissueDisorder -> {NeuromuscularFatigue TissueWeakness}
    FitnessLevel -> {PreGameProprioception NeuromuscularFatigue}
    TeamMotivation -> {WarmUpExercises PreviousInjury}
    ContactSport -> {PreviousInjury IntraGameProprioception}
    PreGameProprioception -> WarmUpExercises -> IntraGameProprioception -> Injury
    NeuromuscularFatigue -> {IntraGameProprioception Injury}
    TissueWeakness -> Injury
""")


def drawn(adjusted=()):
    """The graph with the question's roles, what is causal and what biases in colour."""
    shown = Highlight.asked(graph, WARM_UP, INJURY, adjusted)
    return SVG(to_svg(graph, shown, direction=Direction.DOWN))


drawn()

# %% [markdown]
# Proprioception is the sense of where one's limbs are. Warming up is thought to sharpen it during
# the game, and in no other way to bear on injury:

# %%
for path in causal_paths(graph, WARM_UP, INJURY):
    print(path)

# %% [markdown]
# ## 1. What is open?
#
# Every open path but the causal one, dotted in the picture, is a reason why those who warm up may
# differ in injuries from those who do not, even if warming up did nothing.

# %%
every = [path for path in paths(graph, WARM_UP, INJURY) if not path.causal]
biasing = [path for path in every if path.open]
print(f"{len(every)} paths are not causal; {len(biasing)} of them are open:")
for path in biasing:
    print(" ", path)

# %% [markdown]
# The others are blocked at a collider, where two causes meet. For instance:

# %%
print(next(path for path in every if path.nodes[2] == "PreviousInjury").why)

# %% [markdown]
# ## 2. Which sets adjust, which do not, and why?
#
# The paper adjusts for neuromuscular fatigue and tissue weakness. Three other sets look as good:
# previous injury added to it, since it comes before and is associated with both; what the warm-up
# does during the game; fitness alone.

# %%
chosen = ["NeuromuscularFatigue", "TissueWeakness"]
tries = (
    chosen,
    [*chosen, "PreviousInjury"],
    [*chosen, "IntraGameProprioception"],
    ["FitnessLevel"],
)
for tried in tries:
    verdict = explain_adjustment(graph, WARM_UP, INJURY, tried)
    print(f"{', '.join(tried)}: {'valid' if verdict.valid else 'not valid'}.\n  {verdict}\n")

# %% [markdown]
# Adding previous injury to a set that was right makes it wrong (figure 5 of the paper). It opens a
# path that was blocked:

# %%
drawn([*chosen, "PreviousInjury"])

# %% [markdown]
# ## 3. All minimal sets, the smallest, the most precise
#
# A study can choose by what it can measure. All the sets below estimate the same effect.

# %%
for found in minimal_adjustment_sets(graph, WARM_UP, INJURY):
    print(", ".join(found))

# %%
without_genes = [node for node in graph if node not in ("Genetics", "TissueWeakness")]
print("measurable:", list(minimal_adjustment_sets(graph, WARM_UP, INJURY, may=without_genes)))
print("cheapest:", minimum_adjustment_set(graph, WARM_UP, INJURY, costs={"TissueWeakness": 20}))

# %% [markdown]
# The most precise set also holds contact sport. It confounds nothing here, but it accounts for
# part of why some are injured and others not, and so takes noise out of the comparison:

# %%
best = optimal_adjustment_set(graph, WARM_UP, INJURY)
print(explain_optimality(graph, WARM_UP, INJURY))
drawn(best)

# %%
print(identify(graph, Query(INJURY, do=WARM_UP)).formula)

# %% [markdown]
# ## 4. What would prove the graph wrong?
#
# The graph forbids much. Each line is a test that data could fail; from the first list all the
# others follow, the second has one small test for each pair without an arrow.

# %%
for claim in islice(basis_independencies(graph), 4):
    print(claim)
tests = list(pairwise_independencies(graph))
print(f"\n{len(tests)} pairs, for instance:")
for claim in tests[:3]:
    print(claim)

# %%
assert all(separated(graph, claim.x, claim.y, claim.given) for claim in tests)

# %% [markdown]
# ## 5. What if it is wrong?
#
# Figure 6 of the paper adds one arrow: an old injury dulls proprioception before the game. Now the
# set that the paper chose first leaves a path open, through contact sport.

# %%
changed = Graph(f"{graph}\nPreviousInjury -> PreGameProprioception")
print(explain_adjustment(changed, WARM_UP, INJURY, chosen))
for found in minimal_adjustment_sets(changed, WARM_UP, INJURY):
    print(", ".join(found))
