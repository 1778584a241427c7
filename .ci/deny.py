"""Holds the dependency tree to deny.toml: bans, licences and sources, without building cargo-deny.

It reads of deny.toml what that file uses, and refuses what it does not know, so that no rule is
written there and silently not kept. The nightly run holds the tree to the same file with cargo-deny itself, which
also checks the advisories.
"""

import re
import subprocess
import sys
import tomllib

CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def crates_of(target):
    """Yields name, version and licence of every crate that is built for the target, tests included."""
    tree = subprocess.run(
        ["cargo", "tree", "--locked", "--workspace", "--edges", "normal,build,dev"]
        + ["--target", target, "--prefix", "none", "--format", "{p}|{l}"],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    for line in filter(None, tree.splitlines()):
        package, _, licence = line.removesuffix(" (*)").partition("|")
        name, version = package.split()[:2]
        yield name, version, licence


def satisfied(licence, allowed):
    """Whether the SPDX expression, or the older "A/B", holds with the allowed licences alone."""
    licence = re.sub(r"\s+WITH\s+", "-WITH-", licence.replace("/", " OR "))
    tokens = re.findall(r"[()]|[^\s()]+", licence)

    def operands(operator, operand):
        holds = [operand()]
        while tokens[:1] == [operator]:
            tokens.pop(0)
            holds.append(operand())
        return holds

    def any_of():
        return any(operands("OR", all_of))

    def all_of():
        return all(operands("AND", one))

    def one():
        token = tokens.pop(0)
        if token != "(":
            return token in allowed
        holds = any_of()
        if tokens.pop(0) != ")":
            raise IndexError
        return holds

    try:
        return any_of() and not tokens
    except IndexError:
        return False


def faults(rules, crates, lock):
    versions = {}
    for name, version, _ in crates:
        versions.setdefault(name, set()).add(version)
    for ban in rules["bans"]["deny"]:
        found, reason = sorted(versions.get(ban["crate"], ())), ban["reason"]
        if ban.get("deny-multiple-versions"):
            if len(found) > 1:
                yield f"more than one {ban['crate']}: {', '.join(found)} ({reason})"
        elif found:
            yield f"{ban['crate']} {', '.join(found)} is banned ({reason})"

    allowed = set(rules["licenses"]["allow"])
    exceptions = {one["crate"]: set(one["allow"]) for one in rules["licenses"]["exceptions"]}
    for name, version, licence in sorted(crates):
        if not satisfied(licence, allowed | exceptions.get(name, set())):
            yield f"the licence of {name} {version} is not allowed: {licence or 'none is stated'}"

    for package in lock["package"]:
        if package.get("source", CRATES_IO) != CRATES_IO:
            yield f"{package['name']} {package['version']} comes from {package['source']}"


def unknown_keys(rules):
    known = {
        "graph": {"targets"},
        "advisories": {"ignore"},
        "bans": {"multiple-versions", "deny"},
        "licenses": {"allow", "exceptions"},
        "sources": {"unknown-registry", "unknown-git"},
    }
    for section, keys in rules.items():
        for key in keys.keys() - known.get(section, set()):
            yield f".ci/deny.py does not know [{section}] {key} of deny.toml"


def main():
    with open("deny.toml", "rb") as file:
        rules = tomllib.load(file)
    with open("Cargo.lock", "rb") as file:
        lock = tomllib.load(file)
    crates = {crate for target in rules["graph"]["targets"] for crate in crates_of(target)}
    found = [*unknown_keys(rules), *faults(rules, crates, lock)]
    sys.exit("\n".join(found) if found else 0)


if __name__ == "__main__":
    main()
