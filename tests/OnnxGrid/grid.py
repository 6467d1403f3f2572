"""Exports the networks of architectures.py with PyTorch 1.13 and has `crime convert --check` compare each with the original.
See README.md."""
import argparse, concurrent.futures, json, os, shutil, struct, subprocess, sys, warnings
import torch
from architectures import ARCHITECTURES, INPUTS, TOKENS, LENGTH, BATCH

OPSETS = (11, 13, 14, 17)
warnings.filterwarnings("ignore")


def example(net):
    kind = getattr(net, "kind", "features")
    shape = {"features": (BATCH, LENGTH, INPUTS), "packed": (BATCH, LENGTH, INPUTS), "time-first": (LENGTH, BATCH, INPUTS),
             "channels-first": (BATCH, INPUTS, LENGTH), "univariate": (BATCH, LENGTH), "tokens": (BATCH, LENGTH)}[kind]
    x = torch.randint(0, TOKENS, shape) if kind == "tokens" else torch.randn(shape)
    return (x, torch.full((BATCH,), LENGTH, dtype=torch.long)) if kind == "packed" else (x,)


def dynamic_axes(net, count):
    kind = getattr(net, "kind", "features")
    axes = {"time-first": {0: "time", 1: "batch"}, "channels-first": {0: "batch", 2: "time"}}.get(kind, {0: "batch", 1: "time"})
    return {"input": axes, "lengths": {0: "batch"}} if count > 1 else {"input": axes}


def write_metadata(path, net):
    if getattr(net, "kind", "") != "tokens":
        return
    # An entry of ModelProto.metadata_props (field 14), appended as protobuf allows.
    key, value = b"vocabulary_codepoints", json.dumps(list(range(97, 97 + TOKENS - 1))).encode()
    entry = b"\x0a" + bytes([len(key)]) + key + b"\x12" + bytes([len(value) & 127 | 128, len(value) >> 7]) + value
    with open(path, "ab") as file:
        file.write(b"\x72" + bytes([len(entry) & 127 | 128, len(entry) >> 7]) + entry)


def write_state_dict(path, net, metadata):
    tensors, header, at = {}, {"__metadata__": metadata}, 0
    for name, tensor in net.state_dict().items():
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": {"torch.float32": "F32", "torch.int64": "I64"}[str(tensor.dtype)], "shape": list(tensor.shape), "data_offsets": [at, at + len(raw)]}
        tensors[name], at = raw, at + len(raw)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(tensors.values()))


def make(folder):
    """Exports everything. Returns name, file, sample and whether the network has to be refused."""
    cases = []
    for name, (factory, options) in ARCHITECTURES.items():
        torch.manual_seed(len(name) * 1000 + sum(map(ord, name)))
        net = factory().eval()
        for module in net.modules():
            if isinstance(module, torch.nn.BatchNorm1d):
                module.running_mean.normal_(), module.running_var.uniform_(0.5, 2), module.weight.data.uniform_(0.5, 1.5), module.bias.data.normal_()
        inputs = example(net)
        with torch.no_grad():
            output = net(*inputs)
        first = output[0] if isinstance(output, tuple) else output
        sample = os.path.join(folder, name + ".json")
        with open(sample, "w") as file:
            json.dump({"input": inputs[0].tolist(), "output": first.tolist()}, file)
        names = ["input", "lengths"][:len(inputs)]
        for opset in OPSETS:
            for is_dynamic in (False, True):
                case = f"{name}.op{opset}{'dynamic' if is_dynamic else 'static'}"
                path = os.path.join(folder, case + ".onnx")
                try:
                    torch.onnx.export(net, inputs, path, input_names=names, opset_version=opset,
                                      dynamic_axes=dynamic_axes(net, len(inputs)) if is_dynamic else None)
                except Exception as error:
                    print(f"{case}: PyTorch does not export it: {str(error).splitlines()[0]}", file=sys.stderr)
                    continue
                write_metadata(path, net)
                cases.append((case, path, sample, options.get("refused", False)))
        path = os.path.join(folder, name + ".safetensors")
        metadata = {"vocabulary_codepoints": json.dumps(list(range(97, 97 + TOKENS - 1)))} if getattr(net, "kind", "") == "tokens" else {}
        write_state_dict(path, net, metadata)
        # A state dict says nothing of forward(): only the comparison shows whether it was read right.
        cases.append((name + ".state", path, sample, False))
    return cases


def lay_out(cases):
    """Gives each graph its own sample, or for one that has to be refused an empty text, as the test TheNodesAreEqualOrRefused reads them."""
    for name, path, sample, refused in cases:
        if refused:
            open(path[:-len(".onnx")] + ".says", "w").close()
        elif not name.endswith(".state"):
            shutil.copyfile(sample, path[:-len(".onnx")] + ".json")


def convert(crime, case):
    name, path, sample, refused = case
    run = subprocess.run([*crime, "convert", path, "-o", path + ".crime", "--json", "--check", sample], capture_output=True, text=True)
    if run.returncode != 0:
        message = run.stderr.strip() or run.stdout.strip()
        # A line that names the sample comes from the comparison: the file was converted, to something else.
        is_other = message.startswith("crime: " + sample)
        return name, ("head" if name.endswith(".state") else "WRONG") if is_other else "refused", message
    difference = json.loads(run.stdout)["check"]["max_difference"]
    if difference > 2e-5:
        return name, "WRONG", f"differs by {difference}"
    return name, "MUST REFUSE" if refused else "equal", f"{difference:.1e}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", help="where the exports go")
    parser.add_argument("--crime", default="dotnet run -c Release --no-build --project tools/Crime.Cli --", help="the command")
    parser.add_argument("--make", action="store_true", help="make the files and stop")
    parser.add_argument("--only", default="", help="names that contain this text")
    arguments = parser.parse_args()
    os.makedirs(arguments.folder, exist_ok=True)
    cases = [case for case in make(arguments.folder) if arguments.only in case[0]]
    if arguments.make:
        lay_out(cases)
        return
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda case: convert(arguments.crime.split(), case), cases))
    for name, outcome, text in results:
        print(f"{outcome:12} {name:45} {text}")
    for part in ("ONNX", "state dict"):
        some = [outcome for name, outcome, _ in results if name.endswith(".state") == (part == "state dict")]
        counts = {outcome: some.count(outcome) for outcome in sorted(set(some))}
        print(f"{part}: {len(some)} files, {counts}, equal {100 * some.count('equal') / max(1, len(some)):.0f} %")
    # A refusal names what to do; a graph's names the node and the operator.
    unclear = [name for name, outcome, text in results if outcome == "refused" and (";" not in text and ":" not in text)]
    sys.exit(1 if unclear or any(outcome in ("WRONG", "MUST REFUSE") for _, outcome, _ in results) else 0)


if __name__ == "__main__":
    main()
