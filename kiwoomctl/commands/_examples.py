"""Command lines to begin with, of every command; tests run each of them.

The profiles general, isa and pension are those of ``--demo``, so each works there too.
"""

from __future__ import annotations

from kiwoomctl.locale import _

Example = tuple[str, str]
"""What stands behind ``kiwoomctl``, and what it does, in the user's language."""


def examples(command: str) -> tuple[Example, ...]:
    """Return the examples of a command, named by its words; none for one there is not.

    Args:
        command: as ``buy`` or ``api list``; empty for the program itself.
    """
    for part in (_accounts, _prices, _days, _orders, _journal, _keys, _others):
        found = part().get(command)
        if found is not None:
            return found
    return ()


Examples = dict[str, tuple[Example, ...]]


def _accounts() -> Examples:
    in_full = _("whole account numbers instead of masked ones")
    return {
        "": (
            ("positions --demo", _("without an account or a key")),
            ("summary -p all -o json", _("every account, for a script")),
            ("buy 005930 3 --price 250,000 -p isa --dry-run", _("all checks, nothing sent")),
            ("help orders", _("one of the topics; help alone lists them")),
        ),
        "summary": (
            ("summary --demo", _("the built-in accounts")),
            ("summary -p all", _("every enabled account")),
            ("summary -p isa,pension --fields profile,total_assets", _("one figure of each")),
        ),
        "cash": (
            ("cash --demo", _("the built-in accounts")),
            ("cash -p isa,pension", _("two accounts")),
            ("cash -p all -o csv --fields profile,orderable", _("as CSV")),
        ),
        "positions": (
            ("positions --demo", _("the built-in accounts")),
            ("positions -p all --by symbol", _("each code once, over all accounts")),
            ("positions -p isa -o json", _("one account, for a script")),
        ),
        "watch": (
            ("watch --demo", _("the built-in accounts; ^C ends it")),
            ("watch -p isa --duration 600", _("ten minutes long")),
            ("watch -p all --once -o json", _("read once, for a script")),
        ),
        "stream": (
            ("stream --list", _("the kinds of events")),
            ("stream trades 005930 --count 10", _("ten trades of a code")),
            ("stream orders balance -p isa --duration 600", _("own orders, ten minutes long")),
        ),
        "condition": (
            ("condition list", _("numbers and names")),
            ("condition search 0", _("the codes that meet it now")),
        ),
        "condition list": (
            ("condition list", _("numbers and names")),
            ("condition list -p isa -o csv", _("those of one owner, as CSV")),
        ),
        "condition search": (
            ("condition search 0", _("the codes that meet it now")),
            ("condition search 보합 -o csv", _("by its name, as CSV")),
        ),
        "condition watch": (
            ("condition watch 0", _("until ^C")),
            ("condition watch 0 --duration 600", _("ten minutes long")),
            ("condition watch 0 --count 5 --raw", _("five events as the broker sends them")),
        ),
        "accounts": (
            ("accounts", _("what is known, without asking a broker")),
            ("accounts --check", _("ask whether each key still works")),
            ("accounts -p isa --show-account", in_full),
        ),
    }


def _prices() -> Examples:
    return {
        "quote": (
            ("quote 005930 --demo", _("by its code")),
            ("quote 삼성전자 000660", _("several, codes or names")),
            ("quote 005930 --exchange SOR", _("both exchanges together")),
        ),
        "pnl": (
            ("pnl", _("today")),
            ("pnl --from 2026-01-01 --to 2026-03-31", _("a quarter, day by day")),
            ("pnl --by symbol --from 20260101", _("code by code since a day")),
        ),
        "transactions": (
            ("transactions", _("the last 30 days")),
            ("transactions --from 2026-01-01 --type deposits", _("what was paid in since a day")),
            ("transactions -p isa -o csv", _("one account, as CSV")),
        ),
        "orderable": (
            ("orderable 005930 --demo", _("at the last price")),
            ("orderable 삼성전자 --price 250,000 -p all", _("at a price, in every account")),
        ),
        "symbols": (
            ("symbols update", _("fetch the lists")),
            ("symbols find 삼성", _("search them")),
        ),
        "symbols update": (
            ("symbols update --demo", _("those of the simulator")),
            ("symbols update -p isa", _("with the key of one account")),
        ),
        "symbols find": (
            ("symbols find 삼성", _("by a part of the name")),
            ("symbols find 0059 -o csv", _("by the beginning of the code, as CSV")),
        ),
    }


def _days() -> Examples:
    return {
        "snapshot": (
            ("snapshot", _("record the day of the default accounts")),
            ("snapshot -p all -q", _("of every account, silent where all went well")),
            ("snapshot diff 2026-11-19 2026-11-20", _("what changed between two days")),
        ),
        "snapshot diff": (
            ("snapshot diff 2026-11-19 2026-11-20", _("what changed between two days")),
            ("snapshot diff 20261119 20261120 -p isa -o json", _("of one account, for a script")),
        ),
        "history": (
            ("history", _("all recorded days, accounts added up")),
            ("history --by account --from 2026-01-01", _("each account since a day")),
            ("history -p isa -o csv", _("one account, as CSV")),
        ),
        "history cashflow": (
            ("history cashflow list", _("all that was entered, and what the broker told")),
            ("history cashflow add isa 2026-11-20 1000000", _("a deposit that nobody told of")),
        ),
        "history cashflow add": (
            ("history cashflow add isa 2026-11-20 1000000", _("a deposit")),
            ("history cashflow add isa 20261120 -500000 --note 생활비", _("a withdrawal")),
        ),
        "history cashflow remove": (
            ("history cashflow list -p isa", _("find its number")),
            ("history cashflow remove isa 1", _("take it back")),
        ),
        "history cashflow list": (
            ("history cashflow list", _("of the default accounts")),
            ("history cashflow list -p isa -o csv", _("one account, as CSV")),
        ),
        "export": (
            ("export --at 2026-11-20 -o json", _("a recorded day, for a script")),
            ("export --at 2026-11-20 --excel", _("CSV for a spreadsheet")),
        ),
        "report": (
            ("report", _("a file in this folder")),
            ("report --out today.html -p all", _("every account, under a name of yours")),
            ("report --offline --out -", _("recorded days only, to the standard output")),
        ),
    }


def _orders() -> Examples:
    return {
        "buy": (
            ("buy 005930 3 --price 250,000 --demo -p isa", _("limit; shows a preview and asks")),
            (
                "buy 005930 1 --market --allow MARKET -p isa --dry-run",
                _("at the market, which a script has to allow; nothing sent"),
            ),
            (
                "buy 005930 1 --price 250,000 -p isa --yes --id dip-1",
                _("for scripts: asks nobody, and the same key never orders twice"),
            ),
        ),
        "sell": (
            ("sell 005930 5 --price 280,000 --demo -p isa", _("limit; shows a preview and asks")),
            (
                "sell 105560 all --market --allow MARKET -p isa --dry-run",
                _("at the market, which a script has to allow; nothing sent"),
            ),
            (
                "sell 005930 1 --price 280,000 -p isa --yes --id out-1",
                _("for scripts: asks nobody, and the same key never orders twice"),
            ),
        ),
        "modify": (
            ("modify 0000123 --price 251,000 -p isa", _("by the broker's number")),
            ("modify 0000123 --price 251,000 -p isa --dry-run", _("all checks, nothing sent")),
        ),
        "cancel": (
            ("cancel 0000123 -p isa", _("one order, by the broker's number")),
            ("cancel --all --symbol 005930 -p isa", _("all open orders of a code")),
            ("cancel --all --side buy -p all --dry-run", _("which buys that would be")),
        ),
        "orders": (
            ("orders", _("today's, those placed elsewhere too")),
            ("orders --open -p all", _("what can still be filled, in every account")),
            ("orders --date 2026-11-20 -o csv", _("another day, as CSV")),
        ),
        "fills": (
            ("fills", _("today's")),
            ("fills --date 2026-11-20 -p isa", _("another day, one account")),
            ("fills -p all -o jsonl", _("a fill a line, for a script")),
        ),
    }


def _journal() -> Examples:
    return {
        "resolve": (
            ("resolve", _("all open outcomes")),
            ("resolve -p isa --settle 0", _("of one account, without waiting")),
        ),
        "audit": (
            ("audit", _("the default accounts")),
            ("audit -p isa --adopt", _("you have looked: block no more")),
        ),
        "ledger": (
            ("ledger list", _("what was ordered from here")),
            ("ledger show 0000123", _("one order, step by step")),
        ),
        "ledger list": (
            ("ledger list", _("the newest 50")),
            ("ledger list --open", _("whose outcome is not known")),
            ("ledger list -p isa --limit 5 -o csv", _("the last five of one account, as CSV")),
        ),
        "ledger show": (
            ("ledger show 0000123", _("by the broker's number")),
            ("ledger show 0000123 -o json", _("the same, for a script")),
        ),
        "halt": (
            ("halt", _("every account, at once")),
            ("halt -p isa --reducing", _("one account; sells still go out")),
            ("halt --reason 점심", _("with a reason to be shown later")),
        ),
        "resume": (
            ("resume", _("what was stopped for all")),
            ("resume -p isa", _("what was stopped for one account")),
        ),
    }


def _keys() -> Examples:
    return {
        "init": (
            ("init", _("asks for a first account; in a script only writes the file")),
            ("help options", _("what can stand in it")),
        ),
        "login": (
            ("login isa", _("asks for both keys, unseen")),
            (
                "login new --environment mock --source file",
                _("add a profile, then ask for its keys"),
            ),
            ("login --refresh -p all", _("renew the tokens, from a cron job say")),
        ),
        "logout": (
            ("logout isa --keep-secret", _("only revoke the token")),
            ("logout isa", _("and remove the keys")),
        ),
        "doctor": (
            ("doctor", _("all there is to check")),
            ("doctor -p isa -o json", _("one account, for a script")),
        ),
    }


def _others() -> Examples:
    serve = _("three invented accounts; ^C ends it")
    return {
        "api": (
            ("api search 예수금", _("find an API")),
            ("api show kt00001", _("read how it is called")),
            ("api call ka10001 stk_cd=005930", _("call it")),
        ),
        "api list": (
            ("api list", _("all of them")),
            ("api list --group account -o csv", _("a group of them, as CSV")),
        ),
        "api search": (
            ("api search 예수금", _("a Korean word")),
            ("api search daily chart", _("English words that all have to be there")),
        ),
        "api show": (
            ("api show kt00001", _("the fields of one API")),
            ("api show ka10081 -o json", _("the same, for a script")),
        ),
        "api call": (
            ("api call ka10001 stk_cd=005930 --demo -p isa", _("from the simulator")),
            ("api call ka10001 stk_cd=005930 --labels", _("with Korean labels")),
            ("api call ka10001 stk_cd=005930 --raw", _("the broker's JSON as it is")),
        ),
        "demo": (("demo reset", _("forget all that was done with --demo")),),
        "demo reset": (
            ("demo reset", _("forget all that was done with --demo")),
            ("positions --demo", _("the accounts, as they were")),
        ),
        "sim": (("sim serve", serve),),
        "sim serve": (
            ("sim serve", serve),
            ("sim serve --port 18090 --accounts 50 --rate off", _("many, at full speed")),
            ("sim serve --broker kis --clock live", _("the other broker, by the real hours")),
        ),
        "help": (
            ("help", _("the list of topics")),
            ("help orders", _("a topic")),
            ("help buy", _("a command")),
        ),
    }
