"""`katharion model`: train the classifier, and measure what the content checks find."""

import sys
from pathlib import Path

import click
import msgspec

from katharion.adapters.clock import SystemClock
from katharion.cli.deeds import person
from katharion.cli.given import config_option, end, json_option, load_or_exit
from katharion.cli.learn_verbs import learning_of
from katharion.cli.manifest import Mail, ManifestError, mails, training_mails
from katharion.cli.measure import Measured, as_line, measure
from katharion.cli.model_judging import judge_all, judge_online, load_model
from katharion.cli.table import moment, print_table
from katharion.content.classifier.features import features_of
from katharion.content.classifier.learn import Example, balanced, train
from katharion.content.classifier.model import Head, dump

# Chosen on messages of senders left out; docs/decisions/0020-classifier.md has the figures.
TEXT_EVEN = FORM_EVEN = 3.0
POINTS_PER_NAT = 0.35
SLOPE = 0.8


@click.group("model")
def model() -> None:
    """Train the classifier, and measure it."""


@model.command("train")
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The model's file.")
@click.option("--revision", default="", help="Its name; else that of its training mail.")
def train_verb(manifest: Path, out: Path, revision: str) -> None:
    """Learn from the labelled mail that MANIFEST lists, always in the same way.

    Sets whose terms forbid it are left out, and repeats beyond the second.
    """
    try:
        chosen = list(training_mails(manifest))
        print(f"{len(chosen)} messages; reading them ...", flush=True)
        weights = balanced([(mail.line.set, mail.is_spam) for mail in chosen])
        examples = [
            Example(features_of(mail.reading(), mail.message()), mail.is_spam, weight)
            for mail, weight in zip(chosen, weights, strict=True)
        ]
    except ManifestError as error:
        end(str(error))
    print("learning ...", flush=True)
    made = train(examples)
    head = Head(
        revision or f"{len(examples)} messages",
        made.head.bias,
        TEXT_EVEN,
        FORM_EVEN,
        POINTS_PER_NAT,
        SLOPE,
    )
    octets = dump(made._replace(head=head))
    out.write_bytes(octets)
    print(f"{out}: {len(octets)} octets.")


@model.command("evaluate")
@click.argument("manifest", type=click.Path(path_type=Path))
@click.option("--online", is_flag=True, help="TREC's protocol: judge, then learn, in order.")
@click.option("--classifier-only", "is_alone", is_flag=True, help="The model without other checks.")
@click.option("--model", "path", type=click.Path(path_type=Path), help="Another model's file.")
@click.option("--skip", default=0, help="With --online: so many first messages are not counted.")
@json_option
def evaluate(manifest: Path, *, is_json: bool, **given: object) -> None:
    """Judge the labelled mail that MANIFEST lists (ids are paths beside it); figures by set.

    The online run starts from an empty model, not from the shipped one.
    """
    try:
        listed: list[Mail] = list(mails(manifest))
        if given["online"]:
            judged = judge_online(listed, is_alone=bool(given["is_alone"]))
            judged = judged[int(str(given["skip"])) :]
        else:
            path = given["path"] if isinstance(given["path"], Path) else None
            judged = judge_all(listed, path, is_alone=bool(given["is_alone"]))
    except ManifestError as error:
        end(str(error))
    sets = sorted({one.set for one in judged})
    found: dict[str, Measured] = {
        name: measure([one for one in judged if one.set == name]) for name in sets
    }
    if len(sets) > 1:
        found["all"] = measure(judged)
    if is_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(found)).decode() + "\n")
        return
    for name, measured in found.items():
        print(as_line(name, measured))


@model.command("install")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@config_option
def install(file: Path, config_path: Path) -> None:
    """Let all filters judge by the model in FILE, within seconds and without a pause."""
    revision = load_model(file).head.revision
    config = load_or_exit(config_path).config
    with learning_of(config) as store:
        number = store.install(file.read_bytes(), revision, person(), SystemClock().wall())
    print(f"model {number} ({revision}) is installed")


@model.command("list")
@config_option
@json_option
def list_verb(config_path: Path, *, is_json: bool) -> None:
    """The models that were installed; the first is the one that filters judge by."""
    with learning_of(load_or_exit(config_path).config) as store:
        models = store.models()
    if is_json:
        print(msgspec.json.format(msgspec.json.encode([one._asdict() for one in models])).decode())
        return
    if not models:
        print("No model was installed: the one that ships is used.")
        return
    rows = [(str(m.number), moment(m.at), m.revision, m.installed_by) for m in models]
    print_table(("number", "installed", "trained on", "by"), rows)


@model.command("withdraw")
@config_option
def withdraw(config_path: Path) -> None:
    """Take the newest installed model away: the one before it is used, or the one that ships."""
    with learning_of(load_or_exit(config_path).config) as store:
        gone = store.withdraw()
        left = store.models()
    if gone is None:
        end("No model was installed: the one that ships is used.", 1)
    used = f"model {left[0].number}" if left else "the one that ships"
    print(f"model {gone.number} ({gone.revision}) is withdrawn; used is {used}")
