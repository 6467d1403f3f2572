"""Makes networks around single operators of ONNX and has `crime convert --check` compare each with reference.py. See README.md."""
import argparse, collections, concurrent.futures, json, os, re, subprocess, sys
import numpy as np
import onnx
import node_cases
import node_layers


def cases(arguments):
    random = np.random.default_rng(arguments.seed)
    yield from node_cases.official(random)
    yield from node_cases.drawn(arguments.drawn, random)
    yield from node_layers.layers(random)
    yield from node_layers.refused(random)


def file_name(case):
    return re.sub("[^A-Za-z0-9.-]", "_", case.name)


def write(folder, case):
    path = os.path.join(folder, file_name(case))
    onnx.save(case.model, path + ".onnx")
    if case.expected is not None:
        np.savez(path + ".npz", input=case.sample, output=np.asarray(case.expected, np.float64))
    else:
        with open(path + ".says", "w") as file:
            file.write(case.says)


def convert(crime, folder, case):
    path = os.path.join(folder, file_name(case))
    check = [] if case.expected is None else ["--check", path + ".npz"]
    run = subprocess.run([*crime, "convert", path + ".onnx", "-o", path + ".crime", "--json", *check], capture_output=True, text=True)
    message = run.stderr.strip() or run.stdout.strip()
    if run.returncode == 0 and case.expected is None:
        return "MUST REFUSE", "converted"
    if run.returncode == 0:
        difference = json.loads(run.stdout)["check"]["max_difference"]
        bound = 2e-5 * max(1, np.abs(case.expected).max())
        return ("equal" if difference <= bound else "WRONG"), f"{difference:.1e}"
    # A line that names the sample comes from the comparison: the file was converted, to something else.
    if run.returncode != 2 or message.startswith("crime: " + path + ".npz"):
        return "WRONG", message
    is_clear = "\n" not in message and ";" in message and case.says in message
    return ("refused" if is_clear else "UNCLEAR"), message


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where the networks go")
    parser.add_argument("--crime", default="dotnet run -c Release --no-build --project tools/Crime.Cli --", help="the command")
    parser.add_argument("--make", action="store_true", help="make the networks and stop")
    parser.add_argument("--only", default="", help="names that contain this text")
    parser.add_argument("--seed", type=int, default=1, help="seed of the weights, and of the nodes that are drawn")
    parser.add_argument("--drawn", type=int, default=150, help="nodes that are drawn")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    some = [case for case in cases(arguments) if arguments.only in case.name]
    for case in some:
        write(arguments.folder, case)
    if arguments.make:
        return
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = []
        for case, result in zip(some, pool.map(lambda case: convert(arguments.crime.split(), arguments.folder, case), some)):
            print(f"{result[0]:12} {case.name:60} {result[1]}", flush=True)
            results.append(result)
    for part, wanted in (("with an answer", True), ("without a meaning here", False)):
        outcomes = collections.Counter(outcome for case, (outcome, _) in zip(some, results) if (case.expected is not None) == wanted)
        print(f"{part}: {sum(outcomes.values())} networks, {dict(outcomes)}")
    sys.exit(0 if all(outcome in ("equal", "refused") for outcome, _ in results) else 1)


if __name__ == "__main__":
    main()
