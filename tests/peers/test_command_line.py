"""The command line: what the bot says to whoever runs it, and how it comes to an end."""

from world.company import PROD, REVIEW_CHANNEL
from world.play import ASK, World


def test_the_table_is_made_once_and_found_the_second_time(installed: World) -> None:
    table = installed.ground.table
    assert installed.ground.make_table() == [
        f"created table {table}, on demand, encrypted, protected from deletion",
        "turned on the sweeping away of expired rows",
        "turned on recovery to any point in time",
    ]
    assert installed.ground.make_table() == [
        f"table {table} is there",
        "expired rows are swept away",
        "the table can be restored to any point in time",
    ]


def test_check_finds_no_fault_with_its_counterparts(installed: World) -> None:
    installed.ground.make_table()
    found = installed.product.runs("check", "--target", f"{PROD}/S3Admin")
    checked = [line for line in found.stdout.splitlines() if not line.startswith(("warning ", "policy "))]
    assert (found.returncode, checked) == (
        0,
        ["ok      DynamoDB", "ok      Slack", "ok      identity provider", "ok      AWS", f"ok      target {PROD}/S3Admin"],
    ), found
    assert "policy  no policy is in force yet" in found.stdout, "it looks, and puts none in force"


def test_check_names_each_counterpart_that_will_not_do(installed: World) -> None:
    found = installed.product.runs(
        "check",
        ELEVATE_SLACK__BOT_TOKEN="xoxb-of-somebody-else",
        ELEVATE_OIDC__ISSUER=installed.signin.url,
    )
    assert found.returncode == 1
    failed = [line for line in found.stdout.splitlines() if line.startswith("failed ")]
    assert len(failed) == 3, found
    assert "there is no such table" in found.stdout
    assert "invalid_auth" in found.stdout
    assert found.stderr.strip().splitlines()[-1] == "elevate: 3 of 4 checks failed"


def test_told_to_stop_it_leaves_what_it_has_not_begun_to_whoever_serves_next(world: World) -> None:
    world.slack.is_slow("chat.postMessage", milliseconds=1_000)
    world.ada.types(ASK)
    world.stop_serving()
    world.serve()
    world.reviews.shows("*Waiting*")
    assert len(world.slack.messages(REVIEW_CHANNEL)) == 1
    world.audit.shows("*Requested*")
    assert "*Waiting*" in world.ada.is_told("bucket policy broken")
