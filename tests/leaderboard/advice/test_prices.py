"""The list of prices: which machine a run is paid with, what is said of it, and what is wrong with a list."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.cli import main
from proctor.core.schema import InputError
from proctor.leaderboard.advice import text as counsel
from proctor.leaderboard.advice.data import gathered
from proctor.leaderboard.advice.estimates import Hardware
from proctor.leaderboard.advice.prices import SHIPPED, Paid, PriceList, Rented, Service, load
from proctor.leaderboard.advice.scenario import Api, Prices, Situation
from proctor.leaderboard.analysis.section import sections
from proctor.leaderboard.runs.store import Store
from tests.leaderboard.advice.test_advice import RAG, measured, timed

LISTED = load()
NOW = "2026-11"
SMALL = "storage_gb_month = 0\n[[machine]]\nname = 'a'\nhour = 1\n"


def taken(cores: int = 0, gpu: str = "", processor: str = "x86_64", date: str = NOW) -> Hardware:
    return Hardware(cores, processor, gpu, date)


# Which machine.


@pytest.mark.parametrize(
    ("hardware", "kind", "expected"),
    [
        (taken(2), "cpu", "AWS m7i.large, 2 vCPU, us-east-1, on demand, October 2026"),
        (taken(2, processor="aarch64"), "cpu", "AWS m7g.large, 2 vCPU"),
        (taken(6), "cpu", "AWS m7i.2xlarge, 8 vCPU"),
        (taken(96), "cpu", "AWS m7i.8xlarge, 32 vCPU, us-east-1, on demand, October 2026, where the run had 96 cores"),
        (taken(1), "cpu", "where the run had 1 core"),
        (taken(8, "NVIDIA A10G"), "gpu", "AWS g5.xlarge, NVIDIA A10G"),
        (taken(8, "NVIDIA L4"), "gpu", "AWS g6.xlarge, NVIDIA L4"),
        (taken(8, "Tesla T4"), "gpu", "Azure NC4as T4 v3, Tesla T4"),
        (taken(8, "NVIDIA A100-SXM4-40GB"), "gpu", "GCP a2-highgpu-1g, NVIDIA A100 40GB"),
        (taken(8, "NVIDIA A100 80GB PCIe"), "gpu", "Azure NC24ads A100 v4, NVIDIA A100 80GB"),
        (taken(8, "NVIDIA H100 80GB HBM3"), "gpu", "AWS p5.48xlarge, one of its 8 NVIDIA H100, us-east-1"),
        (taken(8, "NVIDIA H100 NVL"), "gpu", "Azure NC40ads H100 v5, NVIDIA H100 NVL"),
        (taken(8, "NVIDIA H200"), "gpu", "AWS p5en.48xlarge, one of its 8 NVIDIA H200"),
        (
            taken(8, "NVIDIA GeForce RTX 4090"),
            "gpu",
            "AWS g5.xlarge, NVIDIA A10G, us-east-1, on demand, June 2026, where the run had NVIDIA GeForce RTX",
        ),
        (taken(), "gpu", "AWS g5.xlarge, NVIDIA A10G"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_run_is_paid_with_the_listed_machine_that_is_nearest_to_its_own(hardware, kind, expected):
    assert expected in LISTED.prices(hardware).machines[kind]


def test_of_several_gpus_the_one_that_is_used_is_paid():
    hours = {each.name: each.hour for each in LISTED.machines}
    assert LISTED.prices(taken(8, "NVIDIA H100 80GB HBM3")).hour("gpu") == pytest.approx(hours["AWS p5.48xlarge"] / 8)
    assert LISTED.prices(taken(4, "NVIDIA L4")).hour("gpu") == hours["AWS g6.xlarge"]


@given(st.integers(1, 512), st.sampled_from(["x86_64", "arm64", ""]))
def test_no_listed_machine_without_a_gpu_is_nearer_in_size_than_the_one_that_is_taken(cores, processor):
    sizes = {each.name: each.vcpus for each in LISTED.machines if not each.gpu}
    said = LISTED.prices(taken(cores, processor=processor)).machines["cpu"]
    name = next(name for name in sizes if said.startswith(f"{name},"))
    apart = {name: max(size / cores, cores / size) for name, size in sizes.items()}
    assert apart[name] == pytest.approx(min(apart.values()))


@pytest.mark.parametrize(
    ("date", "run", "old"), [("2026-06", "2027-06", False), ("2026-06", "2027-07", True), ("", "2027-07", False)]
)
def test_a_price_over_a_year_older_than_the_run_is_said_to_be(date, run, old):
    machine, service = Rented("a", 1.0, date=date), Service("b", 1.0, 2.0, date=date)
    for said in (machine.said(taken(2, date=run)), service.paid(taken(2, date=run)).name):
        assert ("over a year before the run" in said) == old


def test_a_price_of_ones_own_is_no_machine_s():
    prices = LISTED.prices(taken(2)).with_hour("cpu", 3.0)
    assert (prices.hour("cpu"), prices.machine("cpu")) == (3.0, "")
    assert prices.machine("gpu").startswith("AWS g5.xlarge")


def test_a_run_on_a_kind_of_machine_that_is_not_listed_cannot_be_paid():
    prices = PriceList((Rented("a", 1.0),), (), 0.0).prices(taken(2))
    assert prices.hour("cpu") == 1.0
    with pytest.raises(InputError, match=r"list no machine with a GPU: add a \[\[machine\]\] to them, or .* --hour"):
        prices.hour("gpu")


# The list.


def test_every_shipped_price_has_a_date_and_a_source():
    for each in (*LISTED.machines, *LISTED.services):
        assert re.fullmatch(r"20\d\d-\d\d", each.date)
        assert each.source.startswith("https://")
    assert all(each.terms and each.vcpus and each.hour for each in LISTED.machines)
    assert len({each.name for each in LISTED.machines}) == len(LISTED.machines) >= 12


def test_the_shipped_list_is_a_list_to_copy(tmp_path):
    copy = tmp_path / "prices.toml"
    copy.write_text(SHIPPED.read_text(encoding="utf-8").replace('"$"', '"EUR"'), encoding="utf-8")
    assert load(copy) == replace(LISTED, currency="EUR")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[machine]]\nname = 'a'\nhour = 1", "storage_gb_month: missing; add storage_gb_month = 0.02"),
        ("storage_gb_month = 0", "machine: missing; add a [[machine]] with name and hour"),
        ("storage_gb_month = 0\nmachine = 3", "machine: expected tables, each under [[machine]]"),
        (
            "gpu_hour = 1\n" + SMALL,
            "prices.toml:1: gpu_hour: unknown field; known: storage_gb_month, currency, machine, api. Rename or remove it",
        ),
        ("storage_gb_month = 0\n[[machine]]\nname = 'a'", "machine a: hour: missing; add hour = 0.1"),
        ("storage_gb_month = 0\n[[machine]]\nhour = 1", 'prices.toml:2: name: missing; add name = "AWS m7i.large"'),
        (
            "storage_gb_month = 0\n[[machine]]\nname = ' '\nhour = 1",
            "prices.toml:3: machine : name: expected a text of at most 1,000 letters, and it is empty; fill it in",
        ),
        (SMALL.replace("1\n", "-1\n"), "machine a: hour: expected a number from 0 to 1,000,000 (a price), not -1"),
        (SMALL.replace("1\n", "true\n"), "machine a: hour: expected a number from 0 to 1,000,000 (a price), not True"),
        (SMALL + "cores = 2", "machine a: cores: unknown field; known: name, hour, gpu, gpus, vcpus"),
        (SMALL + "gpus = 0", "machine a: gpus: expected a whole number from 1 to 100,000 (GPUs), not 0"),
        (SMALL + "date = 2026", 'machine a: date: expected "2026-06", not 2026'),
        (SMALL + "date = '2026-13'", "machine a: date: expected \"2026-06\", not '2026-13'"),
        (SMALL + "[[machine]]\nname = 'A'\nhour = 2", "machine A: the name is there twice; keep one of them"),
        (SMALL + "[[api]]\nname = 'b'\nprompt = 1", "api b: completion: missing; add completion = 0.6"),
        (SMALL + "[api.rag]\nprompt = 1", "api: expected tables, each under [[api]]"),
        ("currency = ''\n" + SMALL, 'currency: expected a sign or a short name such as "$" or "EUR"'),
        ("hour =", "1: not TOML: Invalid value"),
    ],
)
def test_a_list_says_where_it_is_wrong(tmp_path, text, expected, capsys):
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=f"^{path}:") as caught:
        load(path)
    assert expected in str(caught.value)
    assert main(["advise", str(tmp_path), "--prices", str(path)]) == 4
    assert expected in capsys.readouterr().err


def test_all_problems_of_a_list_are_named_at_once(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text("x = 1\n[[machine]]\nname = 'a'\nhour = nan\n[[api]]\nname = 'b'\nprompt = inf", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load(path)
    assert len(str(caught.value).splitlines()) == 5


def test_prices_name_their_currency(tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text('currency = "EUR"\n' + SMALL + "gpu = 'b'", encoding="utf-8")
    (evidence,) = gathered(sections(measured(rag=RAG)))
    (advice,) = counsel.advise([evidence], Situation(Paid(load(path)).of(evidence)))
    assert "at EUR\u00a01/h (a, b; --machine or --hour sets yours)" in counsel.as_json(advice)["said"]["situation"]


# The command.


def run_on(folder, device: str = "cpu", **machine):
    store = Store(folder)
    store.add(timed(rag=RAG))
    store.set_provenance({"systems": {"rag": {"device": device}}, "machine": machine, "started": "2026-11-30T06:27:58+00:00"})
    return ["advise", str(folder), "--changed", "0.1"]


def said(words, capsys, *more) -> str:
    assert main([*words, *more, "--json"]) == 0
    (data,) = json.loads(capsys.readouterr().out)
    return data["said"]["situation"]


def test_the_command_names_the_machine_that_a_run_is_paid_with(tmp_path, capsys):
    words = run_on(tmp_path / "run", cores=2, processor="x86_64")
    assert "CPU at $0.1008/h (AWS m7i.large, 2 vCPU, us-east-1, on demand, October 2026; --machine or" in said(words, capsys)
    assert "CPU at $0.0816/h (AWS m7g.large, 2 vCPU" in said(words, capsys, "--machine", "m7g.large")
    assert "CPU at $0.0816/h (AWS m7g.large, 2 vCPU" in said(words, capsys, "--machine", "aws M7G.large")
    assert "CPU at $2/h (your price)" in said(words, capsys, "--hour", "2")


def test_a_machine_that_is_not_listed_is_refused_with_the_list(tmp_path, capsys):
    words = run_on(tmp_path / "run")
    assert main([*words, "--machine", "m7i.lrge"]) == 4
    refused = capsys.readouterr().err
    assert "--machine m7i.lrge: not in the list of prices; did you mean m7i.large?" in refused
    assert all(f"  {each.name}: " in refused for each in LISTED.machines)


@pytest.mark.parametrize(
    ("device", "name", "why"), [("cpu", "g5.xlarge", "it has a GPU"), ("cuda", "m7i.large", "it has no GPU")]
)
def test_the_price_of_another_kind_of_machine_is_refused(tmp_path, device, name, why, capsys):
    assert main([*run_on(tmp_path / "run", device), "--machine", name]) == 4
    assert f"--machine AWS {name}: {why}" in capsys.readouterr().err


def test_a_system_is_paid_by_the_token_only_where_that_is_asked(tmp_path, capsys):
    words = run_on(tmp_path / "run")
    assert "by the token" not in said(words, capsys)
    found = said(words, capsys, "--api", "rag=gpt-4o-mini")
    assert (
        "Answers of rag are paid by the token (gpt-4o-mini, October 2026; $0.15 per million tokens of the prompt, $0.6 of"
        in found
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("rag=gpt-4o-mimi", "--api gpt-4o-mimi: not in the list of prices; did you mean gpt-4o-mini?"),
        ("rga=gpt-4o-mini", "--api rga=gpt-4o-mini: the runs have no system rga; they have rag"),
    ],
)
def test_a_service_or_a_system_that_there_is_not_is_refused(tmp_path, word, expected, capsys):
    assert main([*run_on(tmp_path / "run"), "--api", word]) == 4
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize("asked", [{"hour": 2.0}, {"machine": "m7i.large"}])
def test_one_price_is_not_that_of_runs_on_a_cpu_and_on_a_gpu(asked):
    (on_cpu,) = gathered(sections(timed(rag=RAG), {"systems": {"rag": {"device": "cpu"}}}))
    on_gpu = replace(on_cpu, suite="loans", machine="gpu")
    Paid(LISTED, **asked).check([on_cpu, on_cpu])
    with pytest.raises(InputError, match=f"--{next(iter(asked))}: of these runs some were taken on a CPU"):
        Paid(LISTED, **asked).check([on_cpu, on_gpu])


def test_the_services_of_one_system_are_not_those_of_another():
    prices = Prices(1.0, 0.0).with_api({"rag": Api(1.0, 2.0, "b")})
    assert prices.api == {"rag": Api(1.0, 2.0, "b")}
    assert Prices(1.0, 0.0).api == {}
