"""The beta distribution, as far as rates need it: its cumulative function and its quantiles, without a library."""

from math import exp, lgamma, log

MOST_STEPS = 300
TINY = 1e-300
EXACT = 1e-9
"""A quantile is as exact as this; it is shown in whole per cent."""


def cumulative(x: float, a: float, b: float) -> float:
    """P(X <= x) for X ~ Beta(a, b), a and b above 0: the regularized incomplete beta function.

    Source: DLMF 8.17.22, a continued fraction, and 8.17.4, its mirror image, where that one converges faster.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - cumulative(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    return front * (_fraction(x, a, b) - 1)


def _fraction(x: float, a: float, b: float) -> float:
    """1 + 1 / (1 + d1 / (1 + d2 / ...)), summed by Lentz's method (Press et al., Numerical Recipes, 5.2)."""
    c, d, value = 1.0, 0.0, 1.0
    for step in range(MOST_STEPS):
        term = _term(step, x, a, b)
        d = 1 / _nonzero(1 + term * d)
        c = _nonzero(1 + term / c)
        value *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return value


def _term(step: int, x: float, a: float, b: float) -> float:
    """The 1 that begins the fraction, then the coefficients d of DLMF 8.17.23."""
    m, is_odd = divmod(step, 2)
    if step == 0:
        return 1.0
    if is_odd:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def _nonzero(value: float) -> float:
    return value if abs(value) > TINY else TINY


def quantile(share: float, a: float, b: float) -> float:
    """The x with P(X <= x) = share, share above 0 and below 1.

    By Newton's method from the mean on, in some five steps where halving alone takes thirty. Where a step leads out of
    what is left, that is halved instead: so it ends in any case, since the function only rises.
    """
    low, high, x = 0.0, 1.0, a / (a + b)
    for _ in range(MOST_STEPS):
        beyond = cumulative(x, a, b) - share
        low, high = (low, x) if beyond > 0 else (x, high)
        step = beyond / _nonzero(_density(x, a, b))
        if min(abs(step), high - low) < EXACT:
            break
        x = x - step if low < x - step < high else (low + high) / 2
    return x


def _density(x: float, a: float, b: float) -> float:
    return exp(lgamma(a + b) - lgamma(a) - lgamma(b) + (a - 1) * log(x) + (b - 1) * log(1 - x))
