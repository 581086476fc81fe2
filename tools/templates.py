"""Renders chat templates by Jinja itself, as the library transformers sets it up (Apache-2.0)."""
import datetime
import json
import pathlib
import sys

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = datetime.datetime(2026, 7, 4, 9, 5, 3).strftime
    return env


def main(folder):
    conversations = json.loads((folder / "conversations.json").read_text())
    rendered = {}
    for path in sorted(folder.glob("*.jinja")):
        for name, values in conversations.items():
            try:
                template = environment().from_string(path.read_text())
                text = template.render(**values, bos_token="<s>", eos_token="</s>")
            except Exception:
                text = None
            rendered[f"{path.stem} {name}"] = text
    target = folder / "expected.json"
    target.write_text(json.dumps(rendered, ensure_ascii=False, indent=1) + "\n")
    print(f"{len(rendered)} renderings, {sum(v is None for v in rendered.values())} refused: {target}")


main(pathlib.Path(sys.argv[1]))
