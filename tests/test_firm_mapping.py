"""Mappings of firms: what they read becomes canonical rows, and every fault stands where the mapping has it."""

from __future__ import annotations

import re
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import ROOT
from postgresql_cluster import Cluster
from salesdx.facts.mapping import KEYS, MappingError, read_mapping, shipped_systems
from salesdx.facts.named_sources import OPTIONS
from salesdx.facts.pseudonyms import KeyFileError, PseudonymKey, new_pseudonym_key, read_pseudonym_key
from salesdx.facts.read_types import CODES
from salesdx.facts.sources import sheet
from salesdx.facts.table_parts import ALSO, BESIDE
from salesdx.facts.warehouse import Warehouse

KEY = PseudonymKey(b"k" * 32)
SRC = ROOT / "src" / "salesdx" / "facts"
ORDERS = """\
OrderID,Customer,Seller,OrderDate,Promised,Shipped,Amount
1,Ahorn,anna,2026-07-01,2026-07-10,2026-07-09,10.5
2,Birke,ben,2026-07-02,2026-07-10,,20
3,Ahorn,anna,2026-07-03,2026-07-11,2026-07-12,"1,030.25"
"""
HEAD = """\
system: our ERP
reads:
  o: {csv: orders.csv}
currency: {report: EUR}
data_until: max(o.OrderDate)
"""
TABLES = (
    HEAD
    + """\
tables:
  orders:
    from: o
    order_id: OrderID
    customer: Customer
    person: Seller
    ordered_on: OrderDate
    promised_on: Promised
    delivered_on: Shipped
  order_lines: {from: o, order_id: OrderID, quantity: 1, price: Amount}
"""
)

Opened = Callable[..., Warehouse]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    """Opens a mapping whose files are given by name."""

    def open(mapping: str, key: PseudonymKey | None = KEY, **files: str | bytes) -> Warehouse:
        for name, text in files.items():
            data = text if isinstance(text, bytes) else text.encode()
            (tmp_path / name.replace("__", ".")).write_bytes(data)
        (tmp_path / "ours.facts.yaml").write_text(mapping, encoding="utf-8")
        return Warehouse.opened(read_mapping(tmp_path / "ours.facts.yaml", "ours.facts.yaml"), key)

    return open


def faults(opened: Opened, mapping: str, **files: str | bytes) -> list[tuple[str, str, str]]:
    """The faults of a mapping: code, the words that are underlined, and the message."""
    with pytest.raises(MappingError) as caught:
        opened(mapping, **files)
    lines = mapping.splitlines()
    found = []
    for issue in caught.value.issues:
        place = issue.place
        line = lines[place.line - 1] if place.path == "ours.facts.yaml" else ""
        end = place.end_column - 1 if place.end_line == place.line else len(line)
        found.append((issue.code, line[place.column - 1 : end], f"{issue.message} | {issue.help}"))
    return found


def test_a_mapping_fills_the_canonical_tables(opened: Opened) -> None:
    firm = opened(TABLES, orders__csv=ORDERS)
    anna, ahorn = KEY.pseudonym("person", "anna"), KEY.pseudonym("customer", "Ahorn")
    assert firm.query("select * exclude (order_no) from orders order by 1").rows[0] == (
        "1", ahorn, anna, date(2026, 7, 1), date(2026, 7, 10), date(2026, 7, 9),
    )  # fmt: skip
    assert firm.query(
        "select order_id, amount_r, person from sold where day = $day", {"day": date(2026, 7, 3)}
    ).rows == (("3", 1030.25, anna),)
    assert firm.settings.data_until == date(2026, 7, 3)
    assert firm.settings.says == {"orders": "our ERP", "order_lines": "our ERP"}
    [source] = firm.settings.sources
    assert (source.read, source.what, source.rows, len(source.digest)) == ("o", "orders.csv", 3, 71)
    assert firm.names.known["person"] == {"anna": anna, "ben": KEY.pseudonym("person", "ben")}


def test_without_a_key_persons_are_numbered_and_nothing_is_drawn_for_one(opened: Opened) -> None:
    firm = opened(TABLES, None, orders__csv=ORDERS)
    assert firm.query("select person, customer from orders order by order_id").rows == (
        ("p1", "c1"), ("p2", "c2"), ("p1", "c1"),
    )  # fmt: skip
    assert not firm.settings.keyed


def test_no_name_of_a_person_or_customer_is_left_in_the_database(opened: Opened) -> None:
    firm = opened(TABLES, orders__csv=ORDERS)
    tables = [name for (name,) in firm.query("select table_name from information_schema.tables").rows]
    rows = [str(row) for name in tables for row in firm.query(f'select * from "{name}"').rows]
    assert {"orders", "order_lines", "sold", "rates"} <= set(tables) and rows
    assert not [row for row in rows for name in ("anna", "ben", "Ahorn", "Birke") if name in row]
    assert not [name for name in tables if name.startswith(("read ", "words "))]


# --- how people and systems write -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("OrderID;OrderDate;Amount\n1;01.07.2026;1.030,25\n2;02.07.2026;-5,5\n", ""),
        ("sep=;\r\nOrderID;OrderDate;Amount\r\n1;01.07.2026;1.030,25\r\n2;02.07.2026;5,5-\r\n", ""),
        ("\ufeffOrderID;OrderDate;Amount\r\n1;20260701;1030,25\r\n2;20260702;-5,50\r\n", ""),
        ("OrderID\tOrderDate\tAmount\n1\t2026-07-01 10:30:00.000\t1030.25\n2\t2026-07-02T00:00:00\t-5.5\n", ""),
        ('OrderID,OrderDate,Amount\n1,01/07/2026,"1,030.25"\n2,02/07/2026,-5.5\n', ", dates: dd/mm/yyyy"),
        ('OrderID,OrderDate,Amount\n1,7/1/2026 9:15,"1,030.25"\n2,07/02/2026,-5.5\n', ", dates: mm/dd/yyyy"),
        ("OrderID|OrderDate|Amount\n1|2026-07-01|1030,25\n2|2026-07-02|-5,5\n", ', decimal: ","'),
        (" OrderID , OrderDate , Amount \n 1 , 2026-07-01 , 1030.25 \n2,2026-07-02\u00a0,\u00a0-5.5\n", ""),
    ],
)  # fmt: skip
def test_days_and_numbers_are_read_as_they_are_written(opened: Opened, text: str, more: str) -> None:
    mapping = HEAD.replace("orders.csv", f"orders.csv{more}") + (
        "tables:\n  orders: {from: o, order_id: OrderID, ordered_on: OrderDate}\n"
        "  order_lines: {from: o, order_id: OrderID, quantity: 1, price: Amount}\n"
    )
    firm = opened(mapping, orders__csv=text)
    assert firm.query("select order_id, day, amount_r from sold order by 1").rows == (
        ("1", date(2026, 7, 1), 1030.25),
        ("2", date(2026, 7, 2), -5.5),
    )


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-8"])
def test_other_encodings_are_read_when_they_are_named(opened: Opened, encoding: str) -> None:
    mapping = HEAD.replace("orders.csv", f"orders.csv, encoding: {encoding}") + (
        "tables:\n  orders: {from: o, order_id: OrderID, territory: Land, ordered_on: OrderDate}\n"
    )
    text = "OrderID;OrderDate;Land\r\n1;2026-07-01;Österreich\r\n2;2026-07-02;Île-de-France\r\n"
    firm = opened(mapping, orders__csv=text.encode(encoding))
    assert firm.query("select territory from orders order by 1").rows == (("Österreich",), ("Île-de-France",))[::-1]


def test_an_encoding_that_is_not_named_is_a_fault(opened: Opened) -> None:
    [(code, words, message)] = faults(opened, TABLES, orders__csv="OrderID,Land\n1,Österreich\n".encode("latin-1"))
    assert (code, words) == ("not-utf-8", "orders.csv")
    assert "is not utf-8 text" in message and "`encoding: latin-1`" in message


def test_words_have_one_form_and_aliases_and_other_names_are_meant(opened: Opened) -> None:
    mapping = HEAD.replace("data_until", "aliases: {product: {GTXPro: GTX Pro}}\ndata_until").replace(
        "orders.csv}", "orders.csv}\n  p: {csv: people.csv}"
    ) + (
        "tables:\n  orders: {from: o, order_id: OrderID, person: Seller, ordered_on: OrderDate}\n"
        "  order_lines: {from: o, order_id: OrderID, product: Item}\n"
        "  people: {from: p, person: Id, role: Role, also_known_as: [Login, Badge]}\n"
    )
    orders = (
        "OrderID,OrderDate,Seller,Item\n1,2026-07-01,anna@x.example,GTXPro\n"
        "2,2026-07-01,A-7,GTX\u00a0Pro \n3,2026-07-02,7,ＧＴＸ Pro\n"
    )
    firm = opened(mapping, orders__csv=orders, people__csv="Id,Login,Badge,Role\n7,anna@x.example,A-7,seller\n")
    assert firm.query("select distinct product from order_lines").rows == (("GTX Pro",),)
    assert firm.query("select distinct person from orders").rows == ((KEY.pseudonym("person", "7"),),)
    assert firm.columns["people"] == ("person", "role")


def test_moments_are_of_the_firms_time_zone(opened: Opened) -> None:
    mapping = HEAD.replace("OrderDate", "At").replace(
        "data_until", "calendar: {time_zone: Europe/Berlin}\ndata_until"
    ) + ("tables:\n  leads: {from: o, lead_id: Id, created_on: At, assigned_on: Day}\n")
    text = "Id,At,Day\n1,2026-06-30T23:30:00Z,2026-07-01\n2,2026-01-05T10:00:00+05:00,2026-01-06\n3,2026-07-01 08:00,\n"
    firm = opened(mapping, orders__csv=text)
    assert firm.query("select created_on, created_at from leads order by lead_id").rows == (
        (date(2026, 7, 1), datetime(2026, 7, 1, 1, 30)),
        (date(2026, 1, 5), datetime(2026, 1, 5, 6, 0)),
        (date(2026, 7, 1), datetime(2026, 7, 1, 8, 0)),
    )
    assert firm.has("leads.created_at") and not firm.has("leads.assigned_at")


def test_goals_of_persons_have_pseudonyms_and_those_of_territories_their_names(opened: Opened) -> None:
    mapping = HEAD.replace("OrderDate", "From") + (
        "tables:\n  goals: {from: o, unit_kind: Kind, unit: Unit, from_on: From, amount: Amount}\n"
    )
    firm = opened(mapping, orders__csv="Kind,Unit,From,Amount\nperson,anna,2026-07-01,5\nterritory,anna,2026-07-01,6\n")
    assert firm.query("select unit from goals order by amount").rows == ((KEY.pseudonym("person", "anna"),), ("anna",))


# --- sources ----------------------------------------------------------------------------------------------------------

ROWS = (("1", date(2026, 7, 1), 10.5), ("2", date(2026, 7, 2), 20.0))
MADE = """\
tables:
  orders: {from: o, order_id: OrderID, ordered_on: OrderDate}
  order_lines: {from: o, order_id: OrderID, quantity: 1, price: Amount}
"""


def read_so(opened: Opened, source: str) -> Warehouse:
    firm = opened(HEAD.replace("{csv: orders.csv}", source) + MADE)
    assert firm.query("select order_id, day, amount_r from sold order by 1").rows == ROWS
    return firm


def test_a_sheet_of_a_workbook_is_a_source(opened: Opened, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Notes")
    sheet = book.create_sheet("Orders")
    sheet.append([])
    sheet.append(["OrderID", "OrderDate", "Amount"])
    sheet.append([1, datetime(2026, 7, 1), 10.5])
    sheet.append([2, date(2026, 7, 2), 20])
    book.save(tmp_path / "orders.xlsx")
    read_so(opened, "{xlsx: orders.xlsx, sheet: Orders}")
    [(code, words, message)] = faults(
        opened, HEAD.replace("{csv: orders.csv}", "{xlsx: orders.xlsx, sheet: Order}") + MADE
    )
    assert (code, words) == ("unknown-sheet", "orders.xlsx") and "did you mean `Orders`?" in message


def test_a_table_of_sqlite_is_a_source_and_stays_as_it_is(opened: Opened, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "erp.db")) as connection, connection:
        connection.execute('create table "Sales Orders" (OrderID integer, OrderDate text, Amount real)')
        connection.executemany(
            'insert into "Sales Orders" values (?, ?, ?)', [(1, "2026-07-01", 10.5), (2, "2026-07-02", 20)]
        )
    before = (tmp_path / "erp.db").read_bytes()
    firm = read_so(opened, "{sqlite: erp.db, table: Sales Orders}")
    again = read_so(opened, "{sqlite: erp.db, table: Sales Orders}")
    assert (tmp_path / "erp.db").read_bytes() == before
    assert firm.settings.sources == again.settings.sources and firm.settings.sources[0].what == "erp.db (Sales Orders)"
    with closing(sqlite3.connect(tmp_path / "erp.db")) as connection, connection:
        connection.execute('update "Sales Orders" set Amount = 20.01 where OrderID = 2')
    changed = opened(HEAD.replace("{csv: orders.csv}", "{sqlite: erp.db, table: Sales Orders}") + MADE)
    assert changed.settings.sources[0].digest != firm.settings.sources[0].digest


def test_a_parquet_file_is_a_source(opened: Opened, tmp_path: Path) -> None:
    import duckdb

    first = "select 1 as OrderID, date '2026-07-01' as OrderDate, 10.5::decimal(9, 2) as Amount"
    rows = f"{first} union all select 2, '2026-07-02', 20"
    duckdb.execute(f"copy ({rows}) to '{tmp_path / 'orders.parquet'}' (format parquet)")
    read_so(opened, "{parquet: orders.parquet}")


def test_a_table_of_postgresql_is_a_source_read_in_a_transaction_that_changes_nothing(
    opened: Opened, postgresql: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = postgresql.database()
    postgresql.query(
        """create schema erp;
        create table erp."Orders" ("OrderID" int, "OrderDate" date, "Amount" numeric(9, 2), at timestamptz);
        insert into erp."Orders" values (1, '2026-07-01', 10.5, '2026-07-01T23:30:00Z'), (2, '2026-07-02', 20, null);
        create function erp.strikes() returns int language sql as 'delete from erp."Orders" returning 1';
        create view erp.hostile as
        select erp.strikes() as "OrderID", date '2026-07-01' as "OrderDate", 1 as "Amount" """,
        database,
    )
    monkeypatch.setenv("ERP_URL", postgresql.url(database))
    source = "{postgres: erp.Orders, url_from: ERP_URL}"
    firm = read_so(opened, source)
    assert read_so(opened, source).settings.sources == firm.settings.sources
    zoned = HEAD.replace("{csv: orders.csv}", source).replace(
        "data_until", "calendar: {time_zone: Europe/Berlin}\ndata_until"
    )
    leads = opened(zoned + "tables:\n  leads: {from: o, lead_id: OrderID, created_on: at}\n")
    assert leads.query("select created_at from leads order by lead_id").rows == (
        (datetime(2026, 7, 2, 1, 30),),
        (None,),
    )
    hostile = HEAD.replace("{csv: orders.csv}", "{postgres: erp.hostile, url_from: ERP_URL}") + MADE
    [(code, words, message)] = faults(opened, hostile)
    assert (code, words) == ("unreadable", "erp.hostile") and "read-only transaction" in message
    assert postgresql.query('select count(*) from erp."Orders"', database) == [(2,)]
    [(code, _, message)] = faults(
        opened, HEAD.replace("{csv: orders.csv}", "{postgres: erp.none, url_from: ERP_URL}") + MADE
    )
    assert code == "unreadable" and "does not exist" in message
    for wrong in ("the/secret", "postgresql://me:the secret@host:port:x/db", "host=/nowhere password=secret"):
        monkeypatch.setenv("ERP_URL", wrong)
        [(code, _, message)] = faults(opened, HEAD.replace("{csv: orders.csv}", source) + MADE)
        assert code == "unreadable" and "secret" not in message
    monkeypatch.delenv("ERP_URL")
    [(code, _, message)] = faults(opened, HEAD.replace("{csv: orders.csv}", source) + MADE)
    assert code == "unreadable" and message.startswith("the variable `ERP_URL` is not set")


# --- faults, all at once ----------------------------------------------------------------------------------------------


def test_all_faults_of_the_text_come_at_once(opened: Opened) -> None:
    mapping = """\
reads:
  o: {csv: orders.csv, delimiter: "#"}
  p: {postgres: crm.deals, url_from: "postgresql://me:secret@host/db"}
  q: {csv: "*.csv"}
  r: {file: x}
calendar: {period: weak, year_starts: 1.1.}
currency: {report: euro}
settles: {orders: a month}
peers: {at_least: 3}
not_here: {cancel_reson: none kept}
tables:
  ordres: {from: o}
  orders: {from: x, order_id: OrderID, birth_date: B}
  deals: {from: o, amout: A}
"""
    found = faults(opened, mapping)
    assert [(code, words) for code, words, _ in found] == [
        ("unknown-value", '"#"'),
        ("password", '"'),
        ("unreadable", '"*.csv"'),
        ("type", "{file: x}"),
        ("unknown-value", "weak"),
        ("type", "1.1."),
        ("type", "euro"),
        ("type", "a month"),
        ("range", "3"),
        ("unknown-column", "cancel_reson"),
        ("unknown-table", "ordres"),
        ("unknown-read", "x"),
        ("forbidden-column", "birth_date"),
        ("missing-key", "deals"),
        ("unknown-column", "amout"),
    ]
    assert "secret" not in str(found)
    assert "did you mean `amount`?" in found[-1][2]


def test_faults_of_columns_come_at_once_with_what_is_meant(opened: Opened) -> None:
    mapping = TABLES.replace("customer: Customer", "customer: Custommer").replace("Promised", "o.Promissed").replace(
        "from: o\n", "from: o\n    where: Amounts > 0\n"
    )  # fmt: skip
    found = faults(opened, mapping, orders__csv=ORDERS)
    assert [(code, words) for code, words, _ in found] == [
        ("unknown-column", "Amounts"),
        ("unknown-column", "Custommer"),
        ("unknown-column", "o.Promissed"),
    ]
    assert "did you mean `Customer`?" in found[1][2]


def test_a_file_that_is_not_there_and_one_that_is_no_table(opened: Opened) -> None:
    mapping = TABLES.replace(
        "reads:\n", "reads:\n  x: {parquet: x.parquet}\n  y: {xlsx: x.parquet}\n  z: {sqlite: x.parquet, table: t}\n"
    )
    mapping += "  deals: {union: [{from: x, deal_id: a}, {from: y, deal_id: a}, {from: z, deal_id: a}]}\n"
    found = faults(opened, mapping, x__parquet="no table at all, and long enough to look like something")
    assert [(code, words) for code, words, _ in found] == [
        ("unreadable", "x.parquet"),
        ("unreadable", "x.parquet"),
        ("unreadable", "x.parquet"),
        ("unreadable", "orders.csv"),
    ]
    assert "there is no file `orders.csv` | write `o: none` if you have none" in found[3][2]


def test_values_that_are_no_dates_or_numbers_are_shown_with_their_rows(opened: Opened) -> None:
    text = ORDERS.replace("2026-07-02,", "2026-02-31,").replace(",20\n", ",twenty\n")
    found = faults(opened, TABLES, orders__csv=text)
    assert [(code, words) for code, words, _ in found] == [
        ("bad-date", "max(o.OrderDate)"),
        ("bad-date", "OrderDate"),
        ("bad-number", "Amount"),
    ]
    assert found[1][2].startswith("1 value of `OrderDate` in `orders.csv` is not a date: `2026-02-31` in row 3 |")
    assert found[2][2].startswith("1 value of `Amount` in `orders.csv` is not a number: `twenty` in row 3 |")


def test_rows_that_no_table_takes_may_hold_what_they_like(opened: Opened) -> None:
    text = ORDERS + "Sum,,,n/a,,,1060.75\n"
    mapping = TABLES.replace("max(o.OrderDate)", "2026-07-03").replace(
        "from: o\n", "from: o\n    where: OrderID <> 'Sum'\n"
    )
    mapping = mapping.replace("{from: o, order_id", "{from: o, where: OrderID <> 'Sum', order_id")
    assert opened(mapping, orders__csv=text).query("select count(*) from orders").rows == ((3,),)
    found = faults(opened, mapping.replace("<> 'Sum'\n", "<> '1'\n"), orders__csv=text)
    assert [(code, words) for code, words, _ in found] == [("bad-date", "OrderDate")]


def test_day_and_month_exchanged_are_named(opened: Opened) -> None:
    days = [f"{n},{n:02}/07/2026,1\n" for n in range(1, 29)] + ["29,07/29/2026,1\n", "30,07/30/2026,1\n"]
    mapping = HEAD + MADE
    found = faults(opened, mapping, orders__csv="OrderID,OrderDate,Amount\n" + "".join(days))
    assert "in 7% of the dates day and month are exchanged" in found[1][2]
    assert found[1][0] == "bad-date" and "`07/29/2026` in row 30 and `07/30/2026` in row 31" in found[1][2]
    [*_, (code, _, message)] = faults(opened, mapping, orders__csv="OrderID,OrderDate,Amount\n1,01/07/2026,1\n")
    assert (code, "nobody can tell the day from the month" in message) == ("bad-date", True)


def test_the_other_decimal_sign_is_named(opened: Opened) -> None:
    [(code, words, message)] = faults(opened, HEAD + MADE, orders__csv="OrderID;OrderDate;Amount\n1;2026-07-01;10.5\n")
    assert (code, words) == ("bad-number", "Amount") and 'say `decimal: "."`' in message


def test_keys_that_name_several_rows_or_none(opened: Opened) -> None:
    text = ORDERS + "3,Ahorn,anna,2026-07-04,,,1\n,Ahorn,anna,2026-07-04,,,1\n"
    found = faults(opened, TABLES, orders__csv=text)
    assert [(code, words) for code, words, _ in found] == [("not-one-row", "OrderID"), ("not-one-row", "OrderID")]
    assert found[0][2].startswith("1 key of `orders` stands in more than one row: `3` in 2")
    assert found[1][2].startswith("1 row of `orders` has no `order_id`")


def test_lines_that_find_no_order_and_products_that_are_written_otherwise(opened: Opened) -> None:
    mapping = TABLES.replace("reads:\n", "reads:\n  d: {csv: lines.csv}\n  p: {csv: items.csv}\n").replace(
        "order_lines: {from: o, order_id: OrderID, quantity: 1, price: Amount}",
        "order_lines: {from: d, order_id: Order, product: Item}\n  products: {from: p, product: Name}",
    )
    lines = "Order,Item\n" + "1,GTXPro\n" * 50 + "9,GTX-Basic\n" * 2
    found = faults(opened, mapping, orders__csv=ORDERS, lines__csv=lines, items__csv="Name\nGTX Pro\nGTX Basic\n")
    assert [(code, words) for code, words, _ in found] == [("join-loss", "Order"), ("join-loss", "Item")]
    assert found[0][2].startswith("2 of 52 rows (4%) of `order_lines` find no row of `orders`: `9`")
    assert "`aliases: {product: {GTX-Basic: GTX Basic, GTXPro: GTX Pro}}`" in found[1][2]


def test_a_join_that_finds_nothing_is_a_fault_and_one_that_does_adds_columns(opened: Opened) -> None:
    mapping = TABLES.replace("reads:\n", "reads:\n  c: {csv: c.csv}\n").replace(
        "from: o\n    order_id", "from: o\n    join: {c: o.Customer == c.Name}\n    territory: c.Land\n    order_id"
    )
    firm = opened(mapping, orders__csv=ORDERS, c__csv="Name,Land\nAhorn,North\nBirke,South\n")
    assert firm.query("select territory from orders order by order_id").rows == (("North",), ("South",), ("North",))
    [(code, words, message)] = faults(opened, mapping, orders__csv=ORDERS, c__csv="Name,Land\nAhorn,North\n")
    assert (code, words) == ("join-loss", "o.Customer == c.Name")
    assert message.startswith("1 of 3 rows (33%) of `orders` find nothing in `c`: `Birke`")


def test_a_join_of_what_cannot_be_compared_is_a_fault_of_the_join(opened: Opened) -> None:
    mapping = TABLES.replace("reads:\n", "reads:\n  c: {csv: c.csv}\n").replace(
        "from: o\n    order_id", "from: o\n    join: {c: o.OrderID == c.Id}\n    territory: c.Land\n    order_id"
    )
    [(code, words, message)] = faults(opened, mapping, orders__csv=ORDERS, c__csv="Id,Land\nA-1,North\n")
    assert (code, words) == ("not-sql", "o.OrderID == c.Id") and "the join of `c` cannot be computed" in message
    written = mapping.replace("o.OrderID == c.Id", "\"concat('A-', o.OrderID) == c.Id\"")
    more = "Id,Land\nA-1,North\nA-2,South\nA-3,South\n"
    firm = opened(written, orders__csv=ORDERS, c__csv=more)
    assert firm.query("select territory from orders order by order_id").rows == (("North",), ("South",), ("South",))


def test_a_rate_that_is_missing_is_a_fault_with_its_day(opened: Opened) -> None:
    mapping = TABLES.replace("report: EUR", "report: EUR, rates: {csv: rates.csv, currency: Cur}").replace(
        "customer: Customer", "currency: case when OrderID == 2 then 'USD' else 'EUR' end"
    )
    rates = "Cur,day,rate\nUSD,2026-07-01,0.5\n"
    firm = opened(mapping, orders__csv=ORDERS, rates__csv=rates)
    assert firm.query("select sum(amount_r) from sold").rows == ((10.5 + 10 + 1030.25,),)
    [(code, words, message)] = faults(opened, mapping, orders__csv=ORDERS, rates__csv=rates.replace("07-01", "07-03"))
    assert (code, words) == ("rate-missing", "order_lines")
    assert message.startswith("there is no rate for USD on 2026-07-02 (1 row of `order_lines` from then on)")
    [(code, _, message)] = faults(opened, mapping, orders__csv=ORDERS, rates__csv=rates.replace("rate", "factor"))
    assert code == "unknown-column" and "`rates.csv` has no column `rate`" in message


def test_words_that_a_column_may_not_have(opened: Opened) -> None:
    mapping = HEAD + "tables:\n  deals: {from: o, deal_id: OrderID, outcome: State, created_on: OrderDate}\n"
    firm = opened(mapping, orders__csv="OrderID,State,OrderDate\n1,Won,2026-07-01\n2,LOST,2026-07-01\n")
    assert firm.query("select outcome from deals order by 1").rows == (("lost",), ("won",))
    [(code, words, message)] = faults(opened, mapping, orders__csv="OrderID,State,OrderDate\n1,Closed Won,2026-07-01\n")
    assert (code, words) == ("unknown-value", "State") and "one of won, lost, none, open, not `closed won`" in message


@pytest.mark.parametrize("text", ["", "\n", "OrderID,Customer\n1,2,3,4\n", 'OrderID\n"1\n'])
def test_a_file_that_is_broken_is_a_fault_and_no_crash(opened: Opened, text: str) -> None:
    mapping = HEAD.replace("max(o.OrderDate)", "2026-07-01") + "tables:\n  orders: {from: o, order_id: OrderID}\n"
    assert {code for code, _, _ in faults(opened, mapping, orders__csv=text)} <= {"empty", "unreadable"}


def test_a_quote_that_nobody_closes_is_a_fault_in_every_encoding(opened: Opened) -> None:
    text = 'OrderID,OrderDate,Amount\n1,2026-07-01,"' + "é" * 200_000
    for encoding in ("utf-8", "latin-1"):
        mapping = HEAD.replace("orders.csv", f"orders.csv, encoding: {encoding}") + MADE
        [(code, words, _)] = faults(opened, mapping, orders__csv=text.encode(encoding))
        assert (code, words) == ("unreadable", "orders.csv")


def test_a_workbook_that_unpacks_to_more_than_is_read_is_not_opened(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MAX_UNPACKED", 1 << 20)  # a real one takes seconds to write
    with zipfile.ZipFile(tmp_path / "bomb.xlsx", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(2 << 20))
    [(code, words, message)] = faults(opened, HEAD.replace("{csv: orders.csv}", "{xlsx: bomb.xlsx}") + MADE)
    assert (code, words) == ("too-large", "bomb.xlsx") and "unpacks to more than 1 MB" in message


# --- what may not be mapped, and what may not be written --------------------------------------------------------------


@pytest.mark.parametrize(
    "column",
    [
        "BirthDate",
        "birth_date",
        "DOB",
        "Gender",
        "employee_age",
        "MaritalStatus",
        "Nationality",
        "SickDays",
        "TitleOfCourtesy",
        "Geburtsdatum",
        "Nationalität",
    ],
)
def test_nothing_protected_is_read(opened: Opened, column: str) -> None:
    mapping = HEAD + f"tables:\n  people: {{from: o, person: OrderID, team: {column}}}\n"
    [(code, words, _)] = faults(opened, mapping, orders__csv=f"OrderID,OrderDate,{column}\n1,2026-07-01,x\n")
    assert (code, words) == ("forbidden-column", column)


def test_the_age_of_a_thing_is_nobodys(opened: Opened) -> None:
    mapping = HEAD + "tables:\n  deals: {from: o, deal_id: OrderID, segment: AgeInDays}\n"
    firm = opened(mapping, orders__csv="OrderID,OrderDate,AgeInDays\n1,2026-07-01,5\n")
    assert firm.query("select segment from deals").rows == (("5",),)


def test_names_and_addresses_are_read_only_for_a_pseudonym(opened: Opened) -> None:
    mapping = HEAD + "tables:\n  people: {from: o, person: Email, team: lower(LastName), role: Notes}\n"
    text = "Email,LastName,Notes,OrderDate\na@x.example,Ahorn,nice,2026-07-01\n"
    found = faults(opened, mapping, orders__csv=text)
    assert [(code, words) for code, words, _ in found] == [
        ("forbidden-column", "LastName"),
        ("forbidden-column", "Notes"),
    ]
    firm = opened(HEAD + "tables:\n  people: {from: o, person: Email}\n", orders__csv=text)
    assert firm.query("select * from people").rows == ((KEY.pseudonym("person", "a@x.example"),),)


def test_a_mail_address_is_found_whatever_its_column_is_called(opened: Opened) -> None:
    mapping = HEAD + "tables:\n  people: {from: o, person: OrderID, team: Boss}\n"
    text = "OrderID,Boss,OrderDate\n1,North,2026-07-01\n2,b@firm.example,2026-07-01\n3,@home,2026-07-01\n"
    [(code, words, message)] = faults(opened, mapping, orders__csv=text)
    assert (code, words) == ("forbidden-column", "Boss")
    assert message.startswith("`team` of 1 row of `people` is a mail address")


def test_two_persons_under_one_other_name_are_a_fault(opened: Opened) -> None:
    mapping = HEAD + "tables:\n  people: {from: o, person: OrderID, also_known_as: Login}\n"
    found = faults(opened, mapping, orders__csv="OrderID,Login,OrderDate\n1,ab,2026-07-01\n2,ab,2026-07-01\n")
    assert [(code, words) for code, words, _ in found] == [("not-one-row", "Login")]
    assert "`ab`" not in found[0][2]


HOSTILE = [
    "(select content from read_text('{secret}'))",
    "(select column0 from read_csv('{secret}') limit 1)",
    "OrderID) from read_csv('{secret}') --",
    "OrderID from '{secret}'",
    "1; copy (select 1) to '{written}'",
    "1); copy (select 1) to '{written}'; --",
    "1; attach '{written}' as x",
    "1; install httpfs; load httpfs",
    "1; create table x as select 1",
    "1 union select content from read_text('{secret}')",
    "exists(select * from read_blob('{secret}'))",
    "OrderID in (select content from read_text('{secret}'))",
    "current_setting('home_directory')",
    "getenv('HOME')",
    "query('select 1')",
    "query_table('orders')",
    "list_transform([1], lambda x: x + 1)",
    "sum(length(OrderID)) over ()",
    "repeat(OrderID, 1000000000)",
    "range(1000000000)",
    "nextval('x')",
    "main.lower(OrderID)",
    "system.main.sha256(OrderID)",
    "other.Column",
    "count(*) filter (true)",
    "columns('.*')",
    "$1",
    "OrderID as x",
    "OrderID /* ",
    "OrderID, 1",
    "json_execute_serialized_sql('x')",
    "(from read_text('{secret}'))",
]


@pytest.mark.parametrize("expression", HOSTILE)
@pytest.mark.parametrize("where", ["territory", "where"])
def test_a_hostile_expression_reads_writes_and_connects_nothing(
    opened: Opened, tmp_path: Path, expression: str, where: str
) -> None:
    secret, target = tmp_path / "secret.txt", tmp_path / "written.csv"
    secret.write_text("the secret\n")
    text = expression.format(secret=secret, written=target)
    mapping = HEAD + f"tables:\n  orders:\n    from: o\n    order_id: OrderID\n    {where}: >-\n      {text}\n"
    with pytest.raises(MappingError) as caught:
        opened(mapping, orders__csv=ORDERS)
    assert {issue.code for issue in caught.value.issues} <= {"unsafe-expression", "not-sql"}
    assert not target.exists()
    assert "the secret" not in str(caught.value)


def test_what_an_expression_may_say(opened: Opened) -> None:
    mapping = (
        HEAD
        + """\
tables:
  orders:
    from: o
    where: Amount > 0 and not (Customer == 'Birke') or OrderID in (2)
    order_id: OrderID || '-' || Customer
    territory: case when Customer like 'A%' then upper(left(Customer, 2)) else coalesce(Shipped::varchar, 'none') end
    ordered_on: OrderDate + interval 1 day
    complete: Shipped <= Promised
    delivered_on: strptime(Shipped::varchar, '%Y-%m-%d')
"""
    )
    firm = opened(mapping, orders__csv=ORDERS)
    assert firm.query("select * from orders order by 1").rows == (
        ("1-Ahorn", "AH", date(2026, 7, 2), date(2026, 7, 9), True),
        ("2-Birke", "none", date(2026, 7, 3), None, None),
        ("3-Ahorn", "AH", date(2026, 7, 4), date(2026, 7, 12), False),
    )


def test_a_function_that_cannot_take_a_value_is_a_fault_of_its_table(opened: Opened) -> None:
    mapping = HEAD + "tables:\n  orders: {from: o, order_id: OrderID, ordered_on: \"strptime(Seller, '%Y')\"}\n"
    [(code, words, message)] = faults(opened, mapping, orders__csv=ORDERS)
    assert (code, words) == ("not-sql", "orders") and "`orders` cannot be computed" in message


# --- what a mapping extends, and keys ---------------------------------------------------------------------------------


def test_a_mapping_says_only_what_differs_from_what_it_extends(opened: Opened, tmp_path: Path) -> None:
    base = TABLES.replace("orders.csv}", "orders.csv}\n  x: {csv: gone.csv}") + "  deals: {from: x, deal_id: Id}\n"
    own = "extends: base.yaml\nreads: {x: none}\ntables: {orders: {promised_on: none, territory: \"'North'\"}}\n"
    firm = opened(own, orders__csv=ORDERS, base__yaml=base)
    assert firm.columns["orders"] == ("order_id", "customer", "person", "territory", "ordered_on", "delivered_on")
    assert "deals" not in firm.columns and firm.query("select distinct territory from orders").rows == (("North",),)
    changed = opened(own, orders__csv=ORDERS, base__yaml=base + "# changed\n")
    assert firm.settings.mapping_digest != changed.settings.mapping_digest
    [(code, words, _)] = faults(opened, "extends: bas.yaml\nreads: {}\ntables: {}\n")
    assert (code, words) == ("extends", "bas.yaml")
    [(code, words, _)] = faults(opened, "extends: ours.facts.yaml\nreads: {}\ntables: {}\n")
    assert (code, words) == ("extends", "ours.facts.yaml")


def test_a_key_is_its_owners_and_a_file_that_holds_none_is_no_key(tmp_path: Path) -> None:
    file = tmp_path / "hr" / "our.key"
    made = new_pseudonym_key(file)
    assert read_pseudonym_key(file) == made and file.stat().st_mode & 0o077 == 0
    assert made.secret.hex() not in repr(made)
    assert made.pseudonym("person", "anna") != made.pseudonym("customer", "anna")
    with pytest.raises(FileExistsError):
        new_pseudonym_key(file)
    (tmp_path / "short.key").write_text("abcd\n")
    for path in (tmp_path / "short.key", tmp_path / "none.key", tmp_path):
        with pytest.raises(KeyFileError):
            read_pseudonym_key(path)


def test_pseudonyms_are_hmac_sha_256_of_kind_and_name() -> None:
    """Worked out with OpenSSL: printf 'person\\0anna' | openssl dgst -sha256 -mac HMAC -macopt hexkey:6b...6b."""
    assert KEY.pseudonym("person", "anna") == "388ffc2711f95830"


# --- the page ---------------------------------------------------------------------------------------------------------


def test_the_page_on_mappings_has_every_key_and_every_fault() -> None:
    page = (ROOT / "docs" / "mappings.md").read_text(encoding="utf-8")
    known = {word for code in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", page) for word in re.findall(r"[a-z_-]+", code)}
    assert {*KEYS, *BESIDE, ALSO, *(key for keys in OPTIONS.values() for key in keys)} <= known
    assert set(shipped_systems()) <= known
    modules = ("filling", "expressions", "mapping", "mapping_settings", "named_sources", "opened_reads", "part_select")
    modules += ("read_types", "row_checks", "table_parts", "warehouse", "rates")
    texts = [(SRC / f"{name}.py").read_text(encoding="utf-8") for name in modules]
    texts += [path.read_text(encoding="utf-8") for path in (SRC / "sources").glob("*.py")]
    codes = {code for text in texts for code in re.findall(r'(?:fault|Fault|Issue)\(\s*"([a-z-]+)"', text)}
    assert len(codes) > 15 and codes | set(CODES.values()) <= known


def test_the_example_of_the_page_is_a_mapping(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "mappings.md").read_text(encoding="utf-8")
    (tmp_path / "ours.facts.yaml").write_text(page.partition("```yaml\n")[2].partition("```")[0], encoding="utf-8")
    mapping = read_mapping(tmp_path / "ours.facts.yaml")
    assert (mapping.currency, mapping.calendar.time_zone) == ("EUR", "Europe/Berlin")
    assert {"deals", "leads", "orders", "order_lines"} <= set(mapping.tables)


# --- whatever stands in a mapping or a file ---------------------------------------------------------------------------

PIECES = st.sampled_from(
    (
        "o", "x", "OrderID", "Amount", "'a'", "1", "none", "true", "[]", "{}", "[o]", "{csv: orders.csv}", "{from: o}",
        "", "~", "{from: o, order_id: OrderID}", "max(o.OrderDate)", "2026-07-01", "case", "o.", '"',
        "{on: OrderID == 1, last: x}",
    )
)  # fmt: skip
PLACES_OF_KEYS = [
    ("reads", "o"), ("tables", "orders"), ("tables", "orders", "from"), ("tables", "orders", "order_id"),
    ("tables", "orders", "where"), ("tables", "orders", "join"), ("tables", "orders", "join", "o"),
    ("tables", "orders", "union"), ("tables", "orders", "proxy"), ("tables", "people"), ("calendar",),
    ("calendar", "holidays"), ("currency",), ("currency", "rates"), ("data_until",), ("settles",), ("won",), ("peers",),
    ("peers", "same"), ("not_here",), ("aliases",), ("aliases", "product"), ("respondents",), ("sources",), ("system",),
]  # fmt: skip


def _as_yaml(tree: dict[str, object], indent: str = "") -> str:
    lines = []
    for key, value in tree.items():
        inner = _as_yaml(value, indent + "  ") if isinstance(value, dict) else ""
        lines.append(
            f"{indent}{key}:\n{inner}" if inner else f"{indent}{key}: {value if isinstance(value, str) else ''}\n"
        )
    return "".join(lines)


@given(st.lists(st.tuples(st.sampled_from(PLACES_OF_KEYS), PIECES), max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_mapping_opens_or_has_faults_with_places(tmp_path: Path, changes: list[tuple[tuple[str, ...], str]]) -> None:
    tree: dict[str, object] = {
        "reads": {"o": "{csv: orders.csv}"},
        "data_until": "max(o.OrderDate)",
        "currency": {"report": "EUR"},
        "tables": {"orders": {"from": "o", "order_id": "OrderID", "ordered_on": "OrderDate"}},
    }
    for path, piece in changes:
        here = tree
        for key in path[:-1]:
            inner = here.get(key)
            here[key] = here = inner if isinstance(inner, dict) else {}
        here[path[-1]] = piece
    (tmp_path / "orders.csv").write_text(ORDERS)
    text = _as_yaml(tree)
    (tmp_path / "ours.facts.yaml").write_text(text)
    try:
        firm = Warehouse.opened(read_mapping(tmp_path / "ours.facts.yaml", "ours.facts.yaml"), KEY)
    except MappingError as error:
        assert error.issues
        assert all(1 <= issue.place.line <= len(text.splitlines()) for issue in error.issues)
    else:
        assert firm.query("select count(*) from sold").rows


@given(st.binary(max_size=200) | st.text(alphabet='a1,;"\n\r\t .-/é\u00a0', max_size=80).map(str.encode))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_file_opens_or_has_faults_whatever_is_in_it(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "orders.csv").write_bytes(b"OrderID,OrderDate,Amount\n" + data)
    (tmp_path / "ours.facts.yaml").write_text(HEAD.replace("max(o.OrderDate)", "2026-07-01") + MADE)
    try:
        firm = Warehouse.opened(read_mapping(tmp_path / "ours.facts.yaml", "ours.facts.yaml"), KEY)
    except MappingError as error:
        assert error.issues
    else:
        assert firm.query("select count(*) from orders where order_id is null").rows == ((0,),)


COUNTED = HEAD.replace("max(o.OrderDate)", "2026-11-15") + "tables:\n  orders: {"
COUNTED += "from: o, order_id: OrderID, ordered_on: OrderDate, customer: Customer}\n"


def test_days_as_a_spreadsheet_counts_them_are_read_once_the_mapping_says_so(opened: Opened) -> None:
    rows = "OrderID,OrderDate,Customer,Shipped,Promised,Amount\n1,46204,Ahorn,,,1\n2,46210,Birke,,,1\n"
    [(code, _, told)] = faults(opened, COUNTED, orders__csv=rows)
    said = "'make_date(1899, 12, 30) + to_days(OrderDate)'"
    assert code == "bad-date" and told.endswith(f"days as a spreadsheet counts them? say `{said}`")
    firm = opened(COUNTED.replace("ordered_on: OrderDate", f"ordered_on: {said}"), orders__csv=rows)
    assert firm.query("select ordered_on from orders order by 1").rows == (
        (date(2026, 7, 1),),
        (date(2026, 7, 7),),
    )


def test_of_two_columns_with_one_name_none_is_taken_unseen(opened: Opened) -> None:
    rows = "OrderID,OrderDate,OrderDate,Customer\n1,2026-07-01,2026-08-01,Ahorn\n"
    [(code, words, _)] = faults(opened, COUNTED, orders__csv=rows)
    assert (code, words) == ("unknown-column", "OrderDate")
    firm = opened(COUNTED.replace("ordered_on: OrderDate", "ordered_on: '\"OrderDate (2)\"'"), orders__csv=rows)
    assert firm.query("select ordered_on from orders").rows == ((date(2026, 8, 1),),)
