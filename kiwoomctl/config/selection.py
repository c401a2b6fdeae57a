"""Which profiles a command is about: names, ``@groups`` and ``all``, in the order named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kiwoomctl.config.profiles import Config, Profile
from kiwoomctl.errors import ConfigError, UsageError, nearest

PROFILE_VARIABLE = "KIWOOMCTL_PROFILE"


def for_reading(
    config: Config, chosen: Sequence[str], environ: Mapping[str, str]
) -> tuple[Profile, ...]:
    """Return the profiles of a read: ``-p``, else the variable, else default, else enabled.

    Raises:
        UsageError: a choice is empty, unknown or disabled.
        ConfigError: nothing is enabled, or default names what is empty or disabled.
    """
    if chosen:
        return _resolve(config, chosen, "-p")
    if PROFILE_VARIABLE in environ:
        return _resolve(config, [environ[PROFILE_VARIABLE]], PROFILE_VARIABLE)
    if config.default:
        try:
            return _resolve(config, config.default, "default")
        except UsageError as error:
            # Nothing is wrong with the command line.
            raise ConfigError(
                error.message, hint=error.hint, code=error.code, **error.values
            ) from None
    return _all_enabled(config)


def for_orders(
    config: Config, chosen: Sequence[str], *, may_be_all: bool = False
) -> tuple[Profile, ...]:
    """Return the profiles of an order: those of ``-p``, else the only enabled one.

    Args:
        config: what the user configured.
        chosen: what -p says.
        may_be_all: whether ``all`` and several environments are allowed (cancel --all).

    Raises:
        UsageError: -p is missing, names ``all``, or profiles of several environments.
        ConfigError: nothing is enabled.
    """
    if not chosen:
        enabled = _all_enabled(config)
        if len(enabled) > 1:
            raise UsageError(
                "-p is missing: several profiles are enabled, no default selects one for orders",
                hint="name it with -p: {near}",
                code="profile_missing",
                near=", ".join(profile.name for profile in enabled),
            )
        return enabled
    named = [name.strip() for choice in chosen for name in choice.split(",")]
    if "all" in named and not may_be_all:
        raise UsageError(
            "-p all is not for orders", hint="name the profiles or an @group", code="profile_all"
        )
    profiles = _resolve(config, chosen, "-p")
    environments = sorted({profile.environment for profile in profiles})
    if len(environments) > 1 and not may_be_all:
        raise UsageError(
            "-p names profiles of several environments ({environments}): one order is for one",
            hint="give profiles of one environment",
            code="environments",
            environments=", ".join(environments),
        )
    return profiles


def for_registry(config: Config, chosen: Sequence[str]) -> tuple[Profile, ...]:
    """Return the profiles ``-p`` names, disabled ones too; raises UsageError."""
    return _resolve(config, chosen, "-p", disabled=True)


def the_one(config: Config, name: str | None, chosen: Sequence[str]) -> Profile:
    """Return the one profile that is named, by NAME or -p, or the only enabled one.

    Raises:
        UsageError: none or several are meant, or the name is unknown.
        ConfigError: nothing is enabled.
    """
    if name is not None and chosen:
        raise UsageError(
            "NAME and -p both name profiles", hint="give one of them", code="profile_twice"
        )
    if name is not None:
        if name not in config.profiles:
            hint, near = nearest(name, config.profiles)
            raise UsageError(
                "unknown profile {name!r}", hint=hint, code="profile_unknown", name=name, near=near
            )
        return config.profiles[name]
    meant = for_registry(config, chosen) if chosen else _all_enabled(config)
    if len(meant) != 1:
        raise UsageError(
            "several profiles are meant: say which",
            hint="give the name of one of: {near}",
            code="profile_missing",
            near=", ".join(profile.name for profile in meant),
        )
    return meant[0]


def _all_enabled(config: Config) -> tuple[Profile, ...]:
    enabled = tuple(profile for profile in config.profiles.values() if profile.enabled)
    if not enabled:
        raise ConfigError(
            "{path} has no enabled profile",
            hint="add one with: kiwoomctl login NAME --environment mock",
            code="no_profile",
            path=config.path,
        )
    return enabled


def _resolve(
    config: Config, choices: Sequence[str], origin: str, *, disabled: bool = False
) -> tuple[Profile, ...]:
    names: list[str] = []
    for choice in choices:
        for raw in choice.split(","):
            names.extend(_members(config, raw.strip(), origin, disabled=disabled))
    # One profile named twice is still one account: its money must not be counted twice.
    return tuple(config.profiles[name] for name in dict.fromkeys(names))


def _members(config: Config, name: str, origin: str, *, disabled: bool) -> list[str]:
    if not name:
        raise _empty(origin)
    if name == "all":
        return [profile.name for profile in _all_enabled(config)]
    if name.startswith("@"):
        group = name[1:]
        if group not in config.groups:
            hint, near = nearest(name, [f"@{known}" for known in config.groups])
            raise UsageError(
                "unknown group {name!r}",
                hint=hint
                if config.groups
                else "groups are told in profiles.toml: kiwoomctl help options",
                code="group_unknown",
                name=name,
                near=near,
            )
        members = config.groups[group]
        if not members:
            raise _empty(name)
        enabled = [m for m in members if disabled or config.profiles[m].enabled]
        # A group of disabled profiles is as wrong as a disabled profile.
        return enabled or _members(config, members[0], origin, disabled=False)
    profile = config.profiles.get(name)
    if profile is None:
        hint, near = nearest(name, config.profiles)
        raise UsageError(
            "unknown profile {name!r}", hint=hint, code="profile_unknown", name=name, near=near
        )
    if not (profile.enabled or disabled):
        raise UsageError(
            "profile {name!r} is disabled",
            hint="set enabled = true in {path}",
            code="profile_disabled",
            name=name,
            path=config.path,
        )
    return [profile.name]


def _empty(origin: str) -> UsageError:
    return UsageError(
        "{origin} names no profile (it is empty)",
        hint="give a name, @group or all; an unset shell variable may be the cause",
        code="profile_empty",
        origin=origin,
    )
