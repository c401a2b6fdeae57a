"""The commands: options in, a service asked, a report out. One file per noun.

``entries`` is the list everything else reads: the help screen, the lazy loader.
"""

from __future__ import annotations

from typing import NamedTuple

from kiwoomctl.locale import _


class Entry(NamedTuple):
    """A command of the first level and where its code is."""

    name: str
    module: str
    group: str
    summary: str


SCHEMAS = {"buy": "order", "sell": "order", "modify": "order", "cancel": "order"}
"""Commands whose documents have another name than their own."""


def entries() -> tuple[Entry, ...]:
    """Return all commands in the order of the help screen, in the user's language."""
    look, setup, other = _("Look at accounts"), _("Set up"), _("Simulator and help")
    trade = _("Orders")
    return (
        Entry("summary", "summary", look, _("One line per account: cash, value, P&L (요약)")),
        Entry("cash", "cash", look, _("Deposits and buying power (예수금)")),
        Entry("positions", "positions", look, _("Holdings with value and P&L (잔고)")),
        Entry("watch", "watch", look, _("All accounts live on the screen (실시간 잔고)")),
        Entry("stream", "stream", look, _("Live events as lines of JSON (실시간 이벤트)")),
        Entry("condition", "condition", look, _("Condition searches, once or live (조건검색)")),
        Entry("quote", "quote", look, _("Prices now, by code or name (현재가)")),
        Entry("pnl", "pnl", look, _("Realized P&L by day or by code (실현손익)")),
        Entry("transactions", "transactions", look, _("The broker's account ledger (거래내역)")),
        Entry("orderable", "orderable", look, _("How much of a code can be ordered (주문가능)")),
        Entry("snapshot", "snapshot", look, _("Record the day, for a cron job (자산 기록)")),
        Entry("history", "history", look, _("Recorded days and their returns (자산 추이)")),
        Entry("export", "export", look, _("A recorded day for spreadsheets (내보내기)")),
        Entry("report", "report", look, _("All of it as one HTML page (보고서)")),
        Entry("accounts", "accounts", look, _("The profiles and their tokens (계좌)")),
        Entry("buy", "buy", trade, _("Buy shares (매수)")),
        Entry("sell", "sell", trade, _("Sell shares (매도)")),
        Entry("modify", "modify", trade, _("Give an open order another price (정정)")),
        Entry("cancel", "cancel", trade, _("Cancel orders, or all open ones (취소)")),
        Entry("orders", "orders", trade, _("Orders of a day, open ones with --open (주문·미체결)")),
        Entry("fills", "fills", trade, _("Fills of a day (체결)")),
        Entry("resolve", "resolve", trade, _("Find out what became of UNKNOWN orders (확인)")),
        Entry("audit", "audit", trade, _("Compare our ledger with the broker (대사)")),
        Entry("ledger", "ledger", trade, _("Our own journal of orders (주문원장)")),
        Entry("halt", "halt", trade, _("Stop orders before they are sent (정지)")),
        Entry("resume", "resume", trade, _("Let orders go again (재개)")),
        Entry("init", "init", setup, _("Write a first profiles.toml (설정 파일)")),
        Entry("login", "login", setup, _("Store a key, prove it, pin the account (로그인)")),
        Entry("logout", "logout", setup, _("Revoke the token, remove the key (로그아웃)")),
        Entry("symbols", "symbols", setup, _("Codes and names on this machine (종목)")),
        Entry("doctor", "doctor", setup, _("Find what is wrong and how to mend it (진단)")),
        Entry("api", "api", other, _("The broker's own APIs, searched and called (API)")),
        Entry("demo", "demo", other, _("The built-in accounts of --demo (체험)")),
        Entry("sim", "sim", other, _("Serve the simulator to other programs (시뮬레이터)")),
        Entry("help", "help", other, _("Explain a topic (도움말)")),
    )
