"""Repetitions in turns: each runs every setup once, so that a machine that grows warm or busy is
equally unfair to all."""

import peers


def interleaved(run, label, setups, measure, slow_repetitions=1):
    """{setup name: list of what measure(setup) gave}. After a None a setup is not tried again."""
    samples = {setup.name: [] for setup in setups}
    given_up = set()
    for repetition in range(run.repetitions):
        for setup in setups:
            if setup.name in given_up or setup.slow and repetition >= slow_repetitions:
                continue
            run.progress.say(f"{label}: {setup.name} ({repetition + 1}/{run.repetitions})")
            try:
                value = measure(setup)
            except peers.Failed as failure:
                run.progress.clear()
                print(f"  bench: {failure}", flush=True)
                value = None
            if value is None:
                given_up.add(setup.name)
            else:
                samples[setup.name].append(value)
    return samples
