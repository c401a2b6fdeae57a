"""profiles.toml: every documented key is taken, everything else is refused with a way out."""

from __future__ import annotations

import inspect
import re
import sys
import tomllib
from pathlib import Path

import pytest

from kiwoomctl.brokers import houses
from kiwoomctl.config import account_forms, profiles
from kiwoomctl.config.profiles import Config
from kiwoomctl.errors import ConfigError

EXAMPLE = Path(__file__).parent.parent.parent / "profiles.example.toml"
CANARY = "canary-0f3a-of-a-secret"
posix_only = pytest.mark.skipif(sys.platform == "win32", reason="modes mean nothing there")


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        profiles.parse_text(text, "/c/profiles.toml")
    assert caught.value.exit_code == 8
    assert "\n" not in str(caught.value)
    return caught.value


KEYRING = '{ source = "keyring" }'


def profile_text(*lines: str, secret: str = KEYRING) -> str:
    """Return a file with one sound mock profile (line 1) and more lines (from 4 on)."""
    head = ("[profiles.general]", 'broker = "kiwoom"', 'environment = "mock"')
    return "\n".join((*head, *lines, f"secret = {secret}"))


def sim_text(*lines: str) -> str:
    return profile_text(*lines).replace('"mock"', '"sim"')


# What is accepted ---------------------------------------------------------------------------


def test_the_example_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"
    path.write_bytes(EXAMPLE.read_bytes())
    path.chmod(0o600)

    config = profiles.load(str(path))

    assert list(config.profiles) == [
        "general",
        "isa",
        "pension",
        "vault",
        "service",
        "hantu",
        "practice",
    ]
    general = config.profiles["general"]
    assert (general.owner, general.account, general.enabled) == ("김영희", "8012345611", True)
    assert general.secret.kind == "keyring"
    assert config.profiles["isa"].secret.path == "~/.config/kiwoomctl/isa.key"
    assert config.profiles["vault"].secret.argv == ("/usr/bin/pass", "show", "kiwoom/vault")
    assert config.profiles["service"].secret.name == "kiwoom"
    hantu = config.profiles["hantu"]
    assert (hantu.broker, hantu.account) == ("kis", "1234567801")
    assert (hantu.hts_id, hantu.rate) == ("my-hts-id", 3.0)
    practice = config.profiles["practice"]
    assert (practice.environment, practice.url) == ("sim", "http://127.0.0.1:18090")
    assert practice.secret.secretkey == "sim-001-secretkey"
    assert not config.profiles["pension"].enabled
    assert config.groups == {"mine": ("general", "isa")}
    assert (config.default, config.lang, config.color) == (("@mine",), "ko", "kr")
    assert config.exchange == "KRX"


def test_the_example_shows_every_key_there_is() -> None:
    data = tomllib.loads(EXAMPLE.read_text("utf-8"))
    blocks = data["profiles"].values()

    assert set(data) == {"default", "lang", "color", "exchange", "profiles", "groups", "risk"}
    assert {key for block in blocks for key in block} == {
        "broker", "environment", "owner", "account", "enabled", "secret", "url", "pace", "risk",
        "hts_id", "rate",
    }  # fmt: skip
    shown = {block["secret"]["source"]: set(block["secret"]) - {"source"} for block in blocks}
    assert shown == {kind: set(keys) for kind, keys in profiles.SECRET_KEYS.items()}
    read = set(re.findall(r'\b(?:table|root)\.[a-z]+\(\s*"(\w+)"', inspect.getsource(profiles)))
    secrets = {"source", *(key for keys in profiles.SECRET_KEYS.values() for key in keys)}
    assert read - secrets == {*data, *(key for block in blocks for key in block)}


def test_an_empty_file_has_no_profiles() -> None:
    assert profiles.parse_text("", "p") == Config(path="p")


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "profiles.toml"
    path.write_bytes(b'\xef\xbb\xbflang = "en"\r\n')
    path.chmod(0o600)
    assert profiles.load(str(path)).lang == "en"


@pytest.mark.parametrize("name", ["a", "a-1", "general2", "연금", "연금-2", "가" * 32, "a" * 32])
def test_these_names_are_names(name: str) -> None:
    config = profiles.parse_text(profile_text().replace("general", f'"{name}"'), "p")
    assert list(config.profiles) == [name]


@pytest.mark.parametrize(
    ("lines", "paced", "url"),
    [
        ((), False, None),
        (('pace = "on"',), True, None),
        (('pace = "off"',), False, None),
        (('url = "http://127.0.0.1:18090"',), True, "http://127.0.0.1:18090"),
        (('url = "http://localhost:18090/"',), True, "http://localhost:18090"),
        (('url = "http://[::1]:18090"', 'pace = "off"'), False, "http://[::1]:18090"),
    ],
)
def test_simulators_are_paced_over_a_url_only(
    lines: tuple[str, ...], paced: bool, url: str | None
) -> None:
    profile = profiles.parse_text(sim_text(*lines), "p").profiles["general"]
    assert (profile.paced, profile.url) == (paced, url)


@pytest.mark.parametrize("environment", ["real", "mock"])
def test_the_brokers_own_hosts_are_always_paced(environment: str) -> None:
    text = profile_text().replace("mock", environment)
    assert profiles.parse_text(text, "p").profiles["general"].paced


@pytest.mark.parametrize("text", ["3", "0.5", "18", "100"])
def test_a_rate_is_requests_a_second(text: str) -> None:
    profile = profiles.parse_text(profile_text(f"rate = {text}"), "p").profiles["general"]
    assert profile.rate == float(text)


def test_every_house_has_a_form_of_account_numbers() -> None:
    assert account_forms.BROKERS == houses.NAMES


def test_an_account_at_kis_is_kept_as_ten_digits() -> None:
    text = profile_text('account = "12345678-01"', 'hts_id = "me"').replace("kiwoom", "kis")
    profile = profiles.parse_text(text, "p").profiles["general"]
    assert (profile.broker, profile.account, profile.hts_id) == ("kis", "1234567801", "me")


def test_default_may_name_profiles_groups_and_all() -> None:
    text = 'default = ["all", "@g", "general"]\n' + profile_text() + '\n[groups]\ng = ["general"]'
    assert profiles.parse_text(text, "p").default == ("all", "@g", "general")


# What is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "line", "key", "near"),
    [
        (("own = 'x'",), 4, "own", "owner"),
        (("enable = true",), 4, "enable", "enabled"),
        (("# enabled = 1", "enabled = 1"), 5, "enabled", "true or false"),
        (('enabled = "yes"',), 4, "enabled", "true or false"),
        (("owner = 3",), 4, "owner", "text in quotes"),
        (('owner = " "',), 4, "owner", "not empty"),
        (("account = 8012345611",), 4, "account", "text in quotes"),
        (('account = "80-1234"',), 4, "account", "digits only"),
        (('account = "8012345６11"',), 4, "account", "digits only"),
        (('account = "1234567"',), 4, "account", "digits only"),
        (('url = "http://127.0.0.1:1"',), 4, "url", "only for environment"),
        (('pace = "off"',), 4, "pace", "only for environment"),
        (("risk = 1",), 4, "risk", "a table"),
        (("hts_id = 1",), 4, "hts_id", "text in quotes"),
        (('rate = "3"',), 4, "rate", "a number above 0"),
        (("rate = true",), 4, "rate", "a number above 0"),
        (("rate = 0",), 4, "rate", "a number above 0"),
        (("rate = 0.01",), 4, "rate", "0.1 to 100"),
        (("rate = 1000",), 4, "rate", "0.1 to 100"),
    ],
)
def test_a_bad_line_of_a_profile(lines: tuple[str, ...], line: int, key: str, near: str) -> None:
    told = str(refusal(profile_text(*lines)))

    assert told.startswith(f"/c/profiles.toml, line {line}, [profiles.general]: ")
    assert key in told
    assert near in told


@pytest.mark.parametrize(
    "number",
    [
        "1234567801",
        "12345678",
        "12345678-1",
        "1234567-801",
        "12345678-0a",
        "１２３４５６７８-01",
        "-",
    ],
)
def test_an_account_at_kis_has_one_form(number: str) -> None:
    text = profile_text(f'account = "{number}"').replace("kiwoom", "kis")
    told = str(refusal(text))
    assert told.startswith("/c/profiles.toml, line 4, [profiles.general]: ")
    assert 'account = "12345678-01"' in told


def test_an_account_at_kis_has_a_number() -> None:
    told = str(refusal(profile_text().replace("kiwoom", "kis")))
    assert told.startswith("/c/profiles.toml, line 1, [profiles.general]: account is missing")
    assert 'account = "12345678-01"' in told


@pytest.mark.parametrize(
    ("old", "new", "line", "told"),
    [
        ('broker = "kiwoom"', 'broker = "kiwoon"', 2, "did you mean kiwoom?"),
        ('broker = "kiwoom"', "broker = 1", 2, "broker = 1 is not a choice"),
        ('broker = "kiwoom"', "broker = []", 2, "is not a choice"),
        ('broker = "kiwoom"', 'broker = ""', 2, "is not a choice"),
        ('broker = "kiwoom"', "", 1, "broker is missing"),
        ('"mock"', '"mok"', 3, "did you mean mock?"),
        ('"mock"', '"MOCK"', 3, "is not a choice"),
        ('environment = "mock"', "", 1, "environment is missing"),
        ('secret = { source = "keyring" }', "", 1, "secret is missing"),
        ('{ source = "keyring" }', '"keyring"', 4, "secret must be a table"),
        ('{ source = "keyring" }', "{ }", 4, "source is missing"),
        ('{ source = "keyring" }', '{ source = "keychain" }', 4, "did you mean keyring?"),
        ('{ source = "keyring" }', '{ source = "keyring", path = "x" }', 4, "'path'"),
        ('{ source = "keyring" }', '{ source = "file" }', 4, "'file' needs path"),
        ('{ source = "keyring" }', '{ source = "file", path = 1 }', 4, "path must be"),
        ('{ source = "keyring" }', '{ source = "command", argv = "x" }', 4, "argv must be"),
        ('{ source = "keyring" }', '{ source = "command", argv = [1] }', 4, "argv must be"),
        ('{ source = "keyring" }', '{ source = "command", argv = [] }', 4, "needs argv"),
        ('{ source = "keyring" }', '{ source = "credential" }', 4, "needs name"),
        ('{ source = "keyring" }', '{ source = "inline" }', 4, 'only for environment = "sim"'),
    ],
)
def test_a_bad_value_of_a_profile(old: str, new: str, line: int, told: str) -> None:
    error = refusal(profile_text().replace(old, new))
    assert str(error).startswith(f"/c/profiles.toml, line {line}, [profiles.general")
    assert told in str(error)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('lang = "kr"', "known: en, ko"),
        ("lang = 1", "is not a choice"),
        ('color = "red"', "known: kr, us"),
        ('exchange = "KRK"', "did you mean KRX?"),
        ('default = "general"', "default must be a list of texts"),
        ("default = [1]", "default must be a list of texts"),
        ('default = [""]', "default must be a list of texts"),
        ('default = ["genral"]', "did you mean general?"),
        ('default = ["@general"]', "did you mean general?"),
        ('default = ["general,general"]', "unknown 'general,general'"),
        ('langs = "ko"', "did you mean lang?"),
        ("risk = 1", "risk must be a table"),
        ("groups = 1", "groups must be a table"),
    ],
)
def test_a_bad_line_at_the_top(line: str, told: str) -> None:
    error = refusal(f"# first\n{line}\n{profile_text()}")
    assert str(error).startswith("/c/profiles.toml, line 2, top level: ")
    assert told in str(error)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('mine = ["general", "genera"]', "unknown profile 'genera': did you mean general?"),
        ('mine = ["@mine"]', "unknown profile '@mine'"),
        ('mine = "general"', "mine must be a list of texts"),
        ("mine = [[1]]", "mine must be a list of texts"),
    ],
)
def test_a_bad_group(line: str, told: str) -> None:
    error = refusal(f"{profile_text()}\n[groups]\n{line}")
    assert str(error).startswith("/c/profiles.toml, line 6, [groups]: ")
    assert told in str(error)


@pytest.mark.parametrize(
    "name",
    ["all", "1a", "-a", "A", "a_b", "a.b", "a b", "", "ㄱ", "é", "a" * 33, "../x", "a\u202e"],
)
def test_these_are_no_names(name: str) -> None:
    error = refusal(profile_text().replace("general", f'"{name}"'))
    assert "cannot be a profile name" in str(error)
    assert "line 1" in str(error)


def test_a_profile_must_be_a_table() -> None:
    assert "general must be a table" in str(refusal('[profiles]\ngeneral = "mock"'))
    assert "profiles must be a table" in str(refusal("profiles = 1"))
    assert "profiles must be a table" in str(refusal("[[profiles]]\nx = 1"))


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:1",
        "http://127.0.0.1",
        "http://127.0.0.1:x",
        "http://127.0.0.1:99999",
        "http://10.0.0.1:1",
        "http://127.0.0.1.evil.example:1",
        "http://evil.example:1",
        "http://user@127.0.0.1:1",
        "http://:password@127.0.0.1:1",
        "http://127.0.0.1:1/api",
        "http://127.0.0.1:1?x",
        "http://127.0.0.1:1#x",
        "http://127.0.0.1:1\\n",
        " http://127.0.0.1:1",
        "127.0.0.1:1",
        "http://[::1",
        "https://api.kiwoom.com",
    ],
)
def test_a_url_is_a_simulator_on_this_machine(url: str) -> None:
    error = refusal(sim_text(f'url = "{url}"'))
    assert "not a simulator on this machine" in str(error)
    assert "line 4" in str(error)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a = \n", "line 1"),
        ("lang = 'ko'\nlang = 'en'\n", "line 2"),
        ("[profiles.general]\n[profiles.general]", "line 2"),
        ("a = " + "[" * 5000, "not valid TOML"),
        ("a = " + "9" * 5000, "not valid TOML"),
        ("<html>", "not valid TOML"),
    ],
)
def test_what_is_not_toml(text: str, told: str) -> None:
    error = refusal(text)
    assert error.code == "config_toml"
    assert "/c/profiles.toml is not valid TOML" in str(error)
    assert told in str(error)


def test_no_two_names_have_one_form_in_the_environment() -> None:
    # "_" is in no name, so its place in the form can only be a "-".
    names = ("a", "a-b", "a-b-", "ab", "연금", "연금-a")
    blocks = "\n".join(profile_text().replace("general", f'"{name}"') for name in names)
    parsed = profiles.parse_text(blocks, "p").profiles
    forms = [profile.name.env_form for profile in parsed.values()]
    assert forms == ["A", "A_B", "A_B_", "AB", "연금", "연금_A"]
    assert "cannot be a profile name" in str(refusal(blocks + "\n[profiles.a_b]"))


def test_a_key_in_its_own_table_is_found_too() -> None:
    text = '[profiles.a]\nbroker = "kiwoom"\nenvironment = "mock"\n[profiles.a.secret]\nsorce = "x"'
    assert "line 4" in str(refusal(text))
    assert "line 6" in str(refusal(text.replace("sorce", 'source = "env"\nsorce')))


def test_no_error_and_no_object_shows_a_secret() -> None:
    inline = f'{{ source = "inline", appkey = "{CANARY}", secretkey = "{CANARY}" }}'
    texts = [
        profile_text(secret=inline),
        profile_text(secret=inline).replace("secretkey", "secretkye"),
        profile_text(secret=f'"{CANARY}"'),
        profile_text(secret=f'{{ source = "env", appkey = "{CANARY}" }}'),
        profile_text(secret=f'{{ source = "inline", appkey = ["{CANARY}"] }}'),
        profile_text("owner = 1", secret=inline).replace('"mock"', '"sim"'),
        profile_text(secret=inline) + " }",
    ]
    for text in texts:
        error = refusal(text)
        for shown in (str(error), repr(error), repr(error.values), repr(error.args)):
            assert CANARY not in shown
    config = profiles.parse_text(sim_text().replace('{ source = "keyring" }', inline), "p")
    assert config.profiles["general"].secret.appkey == CANARY
    assert CANARY not in repr(config)
    assert CANARY not in str(config.profiles["general"])


# The file itself ----------------------------------------------------------------------------


@posix_only
@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666, 0o777])
def test_a_file_that_others_can_write(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "profiles.toml"
    path.write_text("")
    path.chmod(mode)
    with pytest.raises(ConfigError, match=r"profiles\.toml") as caught:
        profiles.load(str(path))
    assert (caught.value.exit_code, caught.value.code) == (8, "config_permissions")
    assert f"chmod go-w {path}" in str(caught.value)


@posix_only
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o400])
def test_a_file_that_others_can_only_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "profiles.toml"
    path.write_text("")
    path.chmod(mode)
    assert profiles.load(str(path)).profiles == {}


@pytest.mark.parametrize(
    "raw", ["owner = '김'".encode("cp949"), b"\xff\xfea", "x = 1".encode("utf-16")]
)
def test_a_file_that_is_not_utf8(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "profiles.toml"
    path.write_bytes(raw)
    path.chmod(0o600)
    with pytest.raises(ConfigError, match="is not UTF-8: save it as UTF-8") as caught:
        profiles.load(str(path))
    assert caught.value.exit_code == 8


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no .*kiwoomctl init") as caught:
        profiles.load(str(tmp_path / "none.toml"))
    assert (caught.value.exit_code, caught.value.code) == (8, "config_missing")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read") as caught:
        profiles.load(str(tmp_path))
    assert caught.value.exit_code == 8


@pytest.mark.parametrize("path", ["keys/isa.key", "isa.key", "./isa.key"])
def test_a_secret_file_has_a_full_path(path: str) -> None:
    text = (
        '[profiles.isa]\nbroker = "kiwoom"\nenvironment = "mock"\n'
        f'secret = {{ source = "file", path = "{path}" }}\n'
    )
    with pytest.raises(ConfigError, match=r"line 4.*is relative"):
        profiles.parse_text(text, "profiles.toml")


def test_a_hangul_name_without_quotes_is_told_to_take_them() -> None:
    with pytest.raises(ConfigError) as caught:
        profiles.parse_text('[profiles.연금]\nbroker = "kiwoom"\n', "profiles.toml")
    assert '[profiles."연금"]' in str(caught.value)
