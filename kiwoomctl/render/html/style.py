"""The looks of the page: light or dark as the reader's device is, wide or narrow, or on paper."""

from __future__ import annotations

from typing import Final

_DIRECTIONS: Final = {
    # Up and down in the light, up and down in the dark.
    "kr": ("#c92a2a", "#1c5fb8", "#ff8f8f", "#7cbcff"),
    "us": ("#1e7d43", "#c92a2a", "#69d08f", "#ff8f8f"),
}
_LIGHT: Final = """
--page:#f4f6f8;--card:#fff;--text:#1a2027;--soft:#5a6673;--edge:#dfe4e9;--row:#eef1f4;
--line:#0b7d80;--warn:#8a5300;--warn-page:#fff5df;--warn-edge:#f0d49a;
--good:#1e6b45;--good-page:#e9f6ee;--good-edge:#b9dfc8;
--c1:#0b7d80;--c2:#e0a11b;--c3:#7a5ccf;--c4:#5c9e57;--c5:#cf6a9b;--c6:#3f6d99;--c7:#b5652b;
--c8:#7d8b99;--others:#a9b4bf;--cash:#d3d9df;
"""
_DARK: Final = """
--page:#0f1317;--card:#181d23;--text:#e6eaee;--soft:#9aa6b2;--edge:#2a323a;--row:#20272e;
--line:#3cc4c1;--warn:#ffd58a;--warn-page:#33270f;--warn-edge:#6a5220;
--good:#8fe0b0;--good-page:#12291d;--good-edge:#275c40;
--c1:#2fb5b2;--c2:#f0bb4a;--c3:#a58cf0;--c4:#7fc47a;--c5:#e58fb8;--c6:#6fa3d6;--c7:#d98a52;
--c8:#93a1af;--others:#667380;--cash:#46505a;
"""
_RULES: Final = """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);
font:15px/1.5 system-ui,-apple-system,"Segoe UI","Apple SD Gothic Neo","Malgun Gothic",
"Noto Sans KR","Noto Sans CJK KR",sans-serif;
font-variant-numeric:tabular-nums;word-break:keep-all;overflow-wrap:anywhere}
main{max-width:1080px;margin:0 auto;padding:24px 20px 40px}
h1{font-size:26px;line-height:1.25;margin:0;letter-spacing:-.01em}
h2{font-size:17px;line-height:1.3;margin:0 0 12px}
h3{font-size:14px;margin:18px 0 6px;color:var(--soft);font-weight:600}
p{margin:0 0 8px}
.sub{color:var(--soft);margin:4px 0 0}
.mark{display:inline-block;border:1px solid var(--warn-edge);background:var(--warn-page);
color:var(--warn);border-radius:6px;padding:0 8px;font-size:13px;font-weight:600;
vertical-align:middle;margin-right:8px}
.state{border:1px solid var(--good-edge);background:var(--good-page);color:var(--good);
border-radius:10px;padding:10px 14px;margin:16px 0 0}
.state.short{border-color:var(--warn-edge);background:var(--warn-page);color:var(--warn)}
.state p{margin:0}
.state ul{margin:4px 0 0;padding-left:20px}
.world{margin:28px 0 0}
.world>h1{font-size:20px}
.cards{display:grid;grid-template-columns:repeat(12,minmax(0,1fr));gap:14px;margin-top:16px}
.card{grid-column:span 12;background:var(--card);border:1px solid var(--edge);
border-radius:12px;padding:18px;min-width:0}
.half{grid-column:span 6}
.note{color:var(--soft);font-size:13px;margin:10px 0 0}
.none,.soft{color:var(--soft)}
.figure{white-space:nowrap}
.up{color:var(--up)}
.down{color:var(--down)}
.totals{display:grid;grid-template-columns:1.5fr 1fr 1fr 1fr;gap:16px 20px}
.totals dt{color:var(--soft);font-size:13px}
.totals dd{margin:0;font-size:20px;font-weight:600;line-height:1.3}
.totals dd small{display:block;font-size:14px;font-weight:600}
.totals .first{grid-row:span 2}
.totals .first dd{font-size:34px;letter-spacing:-.02em}
.scroll{overflow-x:auto;margin:0 -6px}
table{border-collapse:collapse;width:100%;font-size:14px}
caption{text-align:left;color:var(--soft);font-size:13px;padding:0 6px 6px}
th,td{padding:7px 6px;text-align:left;vertical-align:top}
thead th{color:var(--soft);font-weight:600;font-size:12.5px;line-height:1.3;
border-bottom:1px solid var(--edge);vertical-align:bottom}
tbody th{font-weight:600}
th[scope=row]{min-width:82px}
tbody tr+tr>*{border-top:1px solid var(--row)}
tfoot>tr>*{border-top:2px solid var(--edge);font-weight:700}
.number{text-align:right}
.number+th:not(.number),.number+td:not(.number){padding-left:24px}
td small,th small{display:block;color:var(--soft);font-size:12.5px;font-weight:400;
line-height:1.35}
td small .up{color:var(--up)}
td small .down{color:var(--down)}
th small .figure,td small .figure{font-weight:400}
.bars-column{width:45%;vertical-align:middle}
.bars{display:block;width:100%;height:18px;min-width:50px;overflow:visible}
.bar.up{fill:var(--up)}
.bar.down{fill:var(--down)}
.bar.hollow{opacity:.4}
.zero{stroke:var(--edge);stroke-width:1;vector-effect:non-scaling-stroke}
.chart{display:grid;grid-template-columns:auto 1fr;gap:0 8px;margin:8px 0 34px}
.values{position:relative;min-width:52px;height:230px}
.values span{position:absolute;right:0;transform:translateY(-50%);color:var(--soft);
font-size:12px;white-space:nowrap}
.plot{position:relative}
.plot svg{display:block;width:100%;height:230px;overflow:visible}
.dates{position:relative;height:0}
.dates span{position:absolute;top:6px;transform:translateX(-50%);color:var(--soft);
font-size:12px;white-space:nowrap}
.plot path{fill:none;vector-effect:non-scaling-stroke}
.plot .grid{stroke:var(--edge);stroke-width:1}
.plot .line{stroke:var(--line);stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.plot .dot{stroke:var(--line);stroke-width:5;stroke-linecap:round}
.plot .area{fill:var(--line);opacity:.1}
.plot .gap{stroke:var(--warn);stroke-width:2}
.parts{display:grid;grid-template-columns:190px 1fr;gap:22px;align-items:center}
.ring{position:relative}
.ring svg{display:block;width:100%;transform:rotate(-90deg)}
.slice{fill:none;stroke-width:14}
.middle{position:absolute;inset:0;display:flex;flex-direction:column;align-items:center;
justify-content:center;text-align:center;padding:0 24%;font-size:12px;color:var(--soft);
line-height:1.35}
.middle b{font-size:17px;color:var(--text)}
.key{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:7px}
.c1{stroke:var(--c1);background:var(--c1)}
.c2{stroke:var(--c2);background:var(--c2)}
.c3{stroke:var(--c3);background:var(--c3)}
.c4{stroke:var(--c4);background:var(--c4)}
.c5{stroke:var(--c5);background:var(--c5)}
.c6{stroke:var(--c6);background:var(--c6)}
.c7{stroke:var(--c7);background:var(--c7)}
.c8{stroke:var(--c8);background:var(--c8)}
.others{stroke:var(--others);background:var(--others)}
.cash{stroke:var(--cash);background:var(--cash)}
details{border-top:1px solid var(--row)}
details:first-of-type{border-top:0}
summary{cursor:pointer;padding:9px 0;font-weight:600;display:flex;gap:4px 14px;flex-wrap:wrap}
summary::before{content:"\\25B8";color:var(--soft)}
details[open]>summary::before{content:"\\25BE"}
summary .soft{font-weight:400}
summary .figure{margin-left:auto}
code{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:var(--row);
border-radius:5px;padding:1px 5px}
footer{color:var(--soft);font-size:13px;margin-top:26px}
@media print,screen and (max-width:960px){
.totals{grid-template-columns:1fr 1fr 1fr}
.totals .first{grid-column:span 3;grid-row:auto}
}
@media screen and (max-width:720px){
main{padding:16px 12px 32px}
h1{font-size:22px}
.card{padding:14px 12px}
.half{grid-column:span 12}
.totals{grid-template-columns:1fr 1fr;gap:12px}
.totals .first{grid-column:span 2;grid-row:auto}
.totals .first dd{font-size:30px}
.totals dd{font-size:16px}
table{font-size:13px}
th,td{padding:6px 4px}
td small,th small{font-size:12px}
.wide{display:none}
.parts{grid-template-columns:1fr}
.ring{width:170px;margin:0 auto}
.dates .second{display:none}
.bars-column{width:34%}
.stack thead{display:none}
.stack tr{display:block;padding:7px 0}
.stack tfoot tr{border-top:2px solid var(--edge)}
.stack tbody tr+tr{border-top:1px solid var(--row)}
.stack tr>th,.stack tr>td{display:block;border:0;padding:1px 4px}
.stack td.number{display:flex;gap:10px;align-items:baseline}
.stack td.number::before{content:attr(data-label);color:var(--soft);font-weight:400;
margin-right:auto;text-align:left}
.stack td small{min-width:84px}
.stack td.number>.figure:last-child{margin-right:94px}
.stack td.wide{display:none}
}
@media print{
:root{--page:#fff}
main{max-width:none;padding:0}
.card{break-inside:avoid;border-color:#ccc}
.bar,.slice,.key{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
"""


def style(palette: str) -> str:
    """Return the style sheet.

    Args:
        palette: ``kr`` (red is up) or ``us`` (green is up).
    """
    up, down, dark_up, dark_down = _DIRECTIONS[palette]
    light = f":root{{color-scheme:light dark;--up:{up};--down:{down};{_LIGHT}}}"
    # Paper is light, whatever the screen is.
    dark = f":root{{--up:{dark_up};--down:{dark_down};{_DARK}}}"
    return f"{light}\n@media screen and (prefers-color-scheme:dark){{{dark}}}{_RULES}"
