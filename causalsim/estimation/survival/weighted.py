"""Survival compared between arms when some rows are censored: weights, alone or augmented."""

from dataclasses import dataclass
from typing import final

import numpy as np

from causalsim.estimation.survival.censored import CensoringWeighted, Chances
from causalsim.estimation.survival.hazards import KaplanMeier
from causalsim.estimation.survival.reading import Matrix, SurvivalTask
from causalsim.estimation.survival.summaries import Summary


@final
@dataclass(frozen=True, slots=True)
class AIPCW(CensoringWeighted):
    """Doubly robust survival under confounding and censoring that covariates explain.

    With ``S`` the survival and ``G`` the probability of being uncensored given arm ``a`` and
    covariates, ``pi`` the propensity and ``q`` the hazard, the survival in the arm is the mean of

        S(t; X) (1 - 1{A = a} / pi(X) sum_{u <= t} dM(u) / (S(u; X) G(u-; X))),
        dM(u) = dN(u) - 1{T >= u} q(u; X),

    with ``N`` the count of the row's event; the restricted mean is its integral. It is right if
    either the hazard of the event, or propensity and censoring both, are, and efficient if all
    are. Without covariates it is the Kaplan-Meier curve of each arm. It fails where some are all
    censored early: small chances are clipped, and it says so.

    Args:
        event: The column with 1 where the event was seen and 0 where the row was censored.
        of: What is compared: `SurvivalAt` or `RestrictedMean`.
        folds: How many parts the rows are divided into; 1 does not.
        repeats: How many random divisions.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        hazard: How the hazard of the event is learnt in each arm.
        censoring: How the hazard of censoring is learnt in each arm.
        clip: The smallest chance that is divided by.
        contrast: How the arms are compared.

    Examples:
        >>> from causalsim.datasets.survival import informative_censoring
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation.reading.roles import Roles
        >>> from causalsim.estimation.survival.summaries import SurvivalAt
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> data = informative_censoring(600, seed=1)
        >>> answer = identify(Graph(data.graph), Query("time", do="a"))
        >>> by = AIPCW(event="died", of=SurvivalAt(3.0), repeats=1)
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.survival_effect(3.0) in effect.interval(0.99)
        True

    References:
        T. Westling, A. Luedtke, P. Gilbert, M. Carone (2024), Inference for treatment-specific
        survival curves using machine learning, JASA 119, theorem 1.
        X. Bai, A. Tsiatis, S. O'Brien (2013), Doubly-robust estimators of treatment-specific
        survival distributions in observational studies with stratified sampling, Biometrics 69.
    """

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "AIPCW"

    @property
    def modelled(self) -> str:
        """Both hazards."""
        return f"event by {self.hazard}, censoring by {self.censoring}"

    def scores(
        self, task: SurvivalTask, chances: Chances, ratio: Matrix, of: tuple[Summary, ...]
    ) -> Matrix:
        """The summaries of the corrected curve of each row."""
        events = task.event_times
        starts = np.append(0.0, events)
        weights = np.stack([summary.weights(starts) for summary in of], axis=1)
        found = np.empty((task.base.height, len(of)))
        for block, hazard, open_ in chances.turns(self.hazard):
            alive = np.cumprod(1.0 - hazard, axis=1)
            time = task.time[block][:, None]
            jump = (time == events) & task.happened[block][:, None]
            moved = jump - (time >= events) * hazard
            drift = np.cumsum(moved / (np.maximum(alive, 1e-12) * open_), axis=1)
            curve = alive * (1.0 - ratio[block][:, None] * drift)
            found[block] = weights[0] + curve @ weights[1:]
        return found


@final
@dataclass(frozen=True, slots=True)
class IPCW(CensoringWeighted):
    """Survival by inverse probability of treatment and of being still observed.

    The survival in arm ``a`` is ``1 - mean(1{A = a} / pi(X) D 1{T <= t} / G(T-|X))`` with ``D``
    whether the event was seen and the weights ``1{A = a} / pi`` normalised; the restricted mean
    is its integral. It is right if propensity and censoring are. The influence values take both
    as known, which makes intervals too wide rather than too narrow. Without covariates it is the
    Kaplan-Meier curve of each arm.

    Args:
        event: The column with 1 where the event was seen and 0 where the row was censored.
        of: What is compared: `SurvivalAt` or `RestrictedMean`.
        folds: How many parts the rows are divided into; 1 does not.
        repeats: How many random divisions.
        propensity: A scikit-learn classifier, or the known probability of the higher level.
        hazard: Not used.
        censoring: How the hazard of censoring is learnt in each arm.
        clip: The smallest chance that is divided by.
        contrast: How the arms are compared.

    Examples:
        >>> from causalsim.datasets.survival import informative_censoring
        >>> from causalsim.estimand.query import Query
        >>> from causalsim.estimation.reading.roles import Roles
        >>> from causalsim.estimation.survival.summaries import SurvivalAt
        >>> from causalsim.graph.graph import Graph
        >>> from causalsim.identification.strategy import identify
        >>> data = informative_censoring(600, seed=1)
        >>> answer = identify(Graph(data.graph), Query("time", do="a"))
        >>> by = IPCW(event="died", of=SurvivalAt(3.0), repeats=1)
        >>> effect = by.fit(by.read(answer, data.frame, Roles()), seed=1)
        >>> data.survival_effect(3.0) in effect.interval(0.99)
        True

    References:
        J. Robins, A. Rotnitzky (1992), Recovery of information and adjustment for dependent
        censoring using surrogate markers, AIDS Epidemiology.
    """

    @property
    def name(self) -> str:
        """The name printed beside its estimates."""
        return "IPCW"

    @property
    def modelled(self) -> str:
        """The hazard of censoring."""
        return f"censoring by {self.censoring}"

    def scores(
        self, task: SurvivalTask, chances: Chances, ratio: Matrix, of: tuple[Summary, ...]
    ) -> Matrix:
        """The whole, less what weighted events take away."""
        events = task.event_times
        lost = np.zeros((task.base.height, len(of)))
        for block, _, open_ in chances.turns(KaplanMeier()):
            time = task.time[block]
            hit = np.flatnonzero(task.happened[block] & (time <= task.horizon))
            at = open_[hit, np.searchsorted(events, time[hit])]
            for place, summary in enumerate(of):
                lost[block[hit], place] = summary.lost(time[hit]) / at
        share = task.base.share
        norm = float(np.mean(share * ratio))
        mean = np.mean((share * ratio)[:, None] * lost, axis=0) / norm
        whole = np.array([summary.whole for summary in of])
        # The mean of these is the estimate, their spread that of a ratio of means.
        found = whole - mean - ratio[:, None] / norm * (lost - mean)
        return np.asarray(found, dtype=np.float64)
