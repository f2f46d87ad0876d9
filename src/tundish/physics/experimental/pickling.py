"""How fast does hydrochloric acid take the scale off hot-rolled strip, and how much steel does it take afterwards?

The shape of the rate law, log t = A + B log C + D/T, is that of Hudson and Warning, J. Metals 34(2) (1982) 65-70,
doi 10.1007/BF03339114 (66 to 93 degC); its constants could not be read, so every number below is unsourced, hence
experimental. They are set so that a scale of 7 um is gone after about half a minute in 10 % acid at 80 degC.
Not modelled: the gain from strip velocity below 76 m/min that the same paper reports, scale breakers, and the speed-up
by a little ferrous chloride.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GAS_CONSTANT = 8.314462618
"""[J/(mol K)] CODATA 2018, exact."""
_REFERENCE_TEMPERATURE = 353.15
_REFERENCE_ACID = 10.0


def scale_thickness(coiling_temperature: Floats) -> Floats:
    """Thickness of the scale on a hot coil, from the temperature at which it was coiled.

    Below about 560 degC the scale hardly grows in the coil; above, it grows with the temperature of coiling.

    Parameters
    ----------
    coiling_temperature : array
        Temperature of the strip at the coiler. [K]

    Returns
    -------
    array
        Mean thickness of the scale. [m]

    Notes
    -----
    Unsourced, hence experimental. Valid 750 to 1000 K.

    Examples
    --------
    >>> (scale_thickness(np.array([800.0, 833.15, 883.15])) * 1e6).round(2)
    array([7. , 7. , 8.4])
    """
    return np.asarray(7.0e-6 * (1.0 + 0.004 * np.maximum(coiling_temperature - 833.15, 0.0)), dtype=np.float64)


def dissolution_rate(acid: Floats, temperature: Floats, iron: Floats) -> Floats:
    """Speed at which the front of dissolved scale moves into the scale.

    Parameters
    ----------
    acid : array
        Free hydrochloric acid in the bath. [mass-%]
    temperature : array
        Temperature of the bath. [K]
    iron : array
        Iron dissolved in the bath. [kg/m^3]

    Returns
    -------
    array
        Rate of dissolution. [m/s]

    Notes
    -----
    Power law in acid and Arrhenius in temperature have the shape of Hudson and Warning (1982); order 0.9, 45 kJ/mol, and the
    damping by iron above 45 kg/m^3 are unsourced, hence experimental. Inhibitor does not enter: at the usual dose it does not
    appreciably slow the removal of scale (ASM Handbook vol. 5). Valid 1 to 20 mass-%, 333 to 368 K, 0 to 180 kg/m^3.

    Examples
    --------
    >>> rate = dissolution_rate(np.array([10.0, 10.0, 5.0]), np.array([353.15, 363.15, 353.15]), np.zeros(3))
    >>> (rate * 1e6).round(3)
    array([0.2  , 0.305, 0.107])
    """
    arrhenius = np.exp(-45_000.0 / GAS_CONSTANT * (1.0 / temperature - 1.0 / _REFERENCE_TEMPERATURE))
    damping = np.exp(-np.maximum(iron - 45.0, 0.0) / 90.0)
    return 2.0e-7 * (acid / _REFERENCE_ACID) ** 0.9 * arrhenius * damping


def exposure(rates: Floats, lengths: Floats, speed: Floats, thickness: Floats) -> Floats:
    """Scale that the baths could dissolve, as a multiple of the scale that is there.

    Parameters
    ----------
    rates : array, shape (n, baths)
        Rate of dissolution in each bath. [m/s]
    lengths : array, shape (baths,)
        Length of strip immersed in each bath. [m]
    speed : array, shape (n,)
        Speed of the strip. [m/s]
    thickness : array, shape (n,)
        Thickness of the scale. [m]

    Returns
    -------
    array, shape (n,)
        Below 1 scale is left, above 1 bare steel is attacked. [-]

    Notes
    -----
    Conservation only: immersion time is length over speed. Valid for speed > 0.

    Examples
    --------
    >>> exposure(np.full((1, 3), 2e-7), np.full(3, 10.0), np.array([0.5]), np.array([8e-6])).round(3)
    array([1.5])
    """
    return np.asarray((rates * lengths).sum(axis=1) / speed / thickness, dtype=np.float64)


def pickled_fraction(exposed: Floats, spread: float = 0.15) -> Floats:
    """Part of the surface that is free of scale, when thickness varies log-normally over it.

    Parameters
    ----------
    exposed : array
        Exposure at the mean thickness, see :func:`exposure`. [-]
    spread : float
        Standard deviation of the logarithm of thickness over the surface. [-]

    Returns
    -------
    array
        Free part of the surface. [-]

    Notes
    -----
    Follows from the log-normal assumption; the spread is unsourced, hence experimental. Valid for exposed > 0.

    Examples
    --------
    >>> pickled_fraction(np.array([0.8, 1.0, 1.3])).round(3)
    array([0.068, 0.5  , 0.96 ])
    """
    from scipy.special import ndtr

    return np.asarray(ndtr(np.log(exposed) / spread), dtype=np.float64)


def inhibition(inhibitor: Floats) -> Floats:
    """Part of the attack on bare steel that the inhibitor lets through.

    Parameters
    ----------
    inhibitor : array
        Inhibitor in the bath. [vol-%]

    Returns
    -------
    array
        1 without inhibitor, 0.05 when saturated. [-]

    Notes
    -----
    Saturating adsorption; 0.1 vol-% and the floor of 0.05 are unsourced, hence experimental. Valid 0 to 2 vol-%.

    Examples
    --------
    >>> inhibition(np.array([0.0, 0.1, 1.0])).round(3)
    array([1.   , 0.399, 0.05 ])
    """
    return 1.0 - 0.95 * (1.0 - np.exp(-inhibitor / 0.1))


def attack_rate(acid: Floats, temperature: Floats, inhibitor: Floats) -> Floats:
    """Mass of bare steel that the bath takes, per area and time.

    Parameters
    ----------
    acid : array
        Free hydrochloric acid in the bath. [mass-%]
    temperature : array
        Temperature of the bath. [K]
    inhibitor : array
        Inhibitor in the bath. [vol-%]

    Returns
    -------
    array
        Rate of attack. [kg/(m^2 s)]

    Notes
    -----
    First order in acid, 60 kJ/mol, 2 g/(m^2 s) without inhibitor at 10 % and 80 degC: unsourced, hence experimental.
    Valid 1 to 20 mass-%, 333 to 368 K.

    Examples
    --------
    >>> (attack_rate(np.array([10.0, 10.0]), np.array([353.15, 363.15]), np.array([0.1, 0.1])) * 1e3).round(2)
    array([0.8, 1.4])
    """
    arrhenius = np.exp(-60_000.0 / GAS_CONSTANT * (1.0 / temperature - 1.0 / _REFERENCE_TEMPERATURE))
    return 2.0e-3 * (acid / _REFERENCE_ACID) * arrhenius * inhibition(inhibitor)


def base_metal_loss(attack: Floats, immersion_time: Floats, exposed: Floats, spread: float = 0.15) -> Floats:
    """Mass of steel lost after the scale is gone, averaged over the surface.

    Parameters
    ----------
    attack : array
        Rate of attack on bare steel in the last bath. [kg/(m^2 s)]
    immersion_time : array
        Time in all baths together. [s]
    exposed : array
        Exposure at the mean thickness, see :func:`exposure`. [-]
    spread : float
        Standard deviation of the logarithm of thickness over the surface. [-]

    Returns
    -------
    array
        Steel lost from each side. [kg/m^2]

    Notes
    -----
    A spot whose exposure is x stays bare for (1 - 1/x) of the time when x > 1; the mean over a log-normal surface is exact.
    Valid for exposed > 0.

    Examples
    --------
    >>> (base_metal_loss(np.full(2, 8e-4), np.full(2, 72.0), np.array([0.7, 1.5])) * 1e3).round(2)
    array([ 0.02, 18.78])
    """
    from scipy.special import ndtr

    reach = np.log(exposed) / spread
    bare = ndtr(reach) - np.exp(spread**2 / 2.0) / exposed * ndtr(reach - spread)
    return attack * immersion_time * np.maximum(np.asarray(bare, dtype=np.float64), 0.0)
