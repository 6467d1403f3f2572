using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.Json;
using Crime.Modelling.Import;
using Crime.Modelling.Import.Checking;
using Crime.Modelling.Import.Network;
using Microsoft.ML.OnnxRuntime;
using NUnit.Framework;

namespace Crime.Modelling.Tests.Import;

/// <summary>Exports that people had trouble with, where the reference material is present: each converts to the same numbers, or is refused.</summary>
public sealed class FailureFolderTests
{
    private const double Tolerance = 2e-5;

    /// <summary>Exports that convert, by folder.</summary>
    private static readonly string[] s_converted =
    [
        "01-onnx-two-layers-dynamic-axes/lstm2_dropout.op11", "01-onnx-two-layers-dynamic-axes/lstm2_dropout.op14",
        "01-onnx-two-layers-dynamic-axes/lstm2_dropout.op17", "01-onnx-two-layers-dynamic-axes/lstm2_dropout.op17static",
        "01-onnx-two-layers-dynamic-axes/lstm_explicit_h0.op14", "02-onnx-external-data/m1_external_data",
        "03-onnx-torch-export-style/m2_unfolded_weights", "03-onnx-torch-export-style/m4_dynamic_shape_start_end",
        "03-onnx-torch-export-style/m6_raw_shape_slice_mul", "03-onnx-torch-export-style/m7_static_expand",
        "03-onnx-torch-export-style/m8_no_h0_dyn", "10-one-output-taken-as-one-class/binary_sigmoid.op14",
        "13-common-models-refused/argmax_output.op14", "13-common-models-refused/batchnorm_lstm.op14",
        "13-common-models-refused/i17_rank1_tokens", "13-common-models-refused/k4_keras_float_tokens",
        "13-common-models-refused/k5_flat_input_reshape", "13-common-models-refused/linear_front_lstm.op14",
        "13-common-models-refused/lstm_learned_h0.op17static", "13-common-models-refused/lstm_packed.op14",
        "13-common-models-refused/normalise_inside.op14", "13-common-models-refused/permute_channels_first.op14",
        "13-common-models-refused/univariate_unsqueeze.op14", "13-common-models-refused/layernorm_lstm.op17",
        "13-common-models-refused/lstm_relu_mlp.op14", "13-common-models-refused/lstm_meanpool.op14", "13-common-models-refused/lstm_maxpool.op14",
        "13-common-models-refused/conv_lstm.op14", "13-common-models-refused/seq_tagging.op14", "13-common-models-refused/attention_pool.op14",
        "13-common-models-refused/lstm_cell_state_head.op14",
    ];

    private static readonly string[][] s_refused =
    [
        ["04-softmax-in-the-middle-is-dropped/k10_softmax_then_linear.onnx", "'sm' (Softmax)", "something follows it"],
        ["04-softmax-in-the-middle-is-dropped/k8_softmax_wrong_axis.onnx", "'sm' (Softmax)", "axis 1 of [feature, batch]"],
        ["04-softmax-in-the-middle-is-dropped/logsoftmax_dim0_default.op11.onnx", "(LogSoftmax)", "axis 1 of [feature, batch]"],
        ["10-one-output-taken-as-one-class/regression_one.op14.onnx", "one output", "--answer value"],
        ["10-one-output-taken-as-one-class/regression_one.safetensors", "one output", "--answer value"],
        ["13-common-models-refused/flatten_all_steps.op14.onnx", "(Gemm)", "[batch, time*feature]"],
        ["13-common-models-refused/i07_mask_to_lens.onnx", "'eq' (Equal)", "docs/import.md"],
        ["13-common-models-refused/i08_scan.onnx", "(Scan)", "loops over the timesteps"],
        ["13-common-models-refused/k3_dynamic_quant_head.onnx", "(DynamicQuantizeLinear)", "docs/import.md"],
        ["13-common-models-refused/k7_two_inputs.onnx", "(Concat)", "'S'"],
        ["13-common-models-refused/lstm_lengths_gather_nopack.op17static.onnx", "(Sub)", "lengths"],
        ["13-common-models-refused/lstmcell_loop.op17static.onnx", "(Gemm)", "instead of a cell in a loop"],
        ["13-common-models-refused/multi_output.op14.onnx", "2 outputs", "'92'"],
        ["13-common-models-refused/stateful_h_io.op14.onnx", "3 outputs", "the first one alone"],
        ["14-state-dict-messages/batchnorm_lstm.safetensors", "BatchNorm of 6 features", "ONNX"],
        ["14-state-dict-messages/conv_lstm.safetensors", "Conv1d of 6 to 10 channels", "ONNX"],
        ["14-state-dict-messages/emb_lstm_logsoftmax.safetensors", "vocabulary_codepoints", "docs/import.md"],
        ["14-state-dict-messages/gru_lstm_mix.safetensors", "(gru., lstm.)", "ONNX"],
        ["14-state-dict-messages/layernorm_lstm.safetensors", "LayerNorm of 6 features", "ONNX"],
        ["14-state-dict-messages/lstm_linear_linear.safetensors", "(fc1.weight, fc2.weight)", "ONNX"],
    ];

    private static IEnumerable<TestCaseData> Converted() => ReferenceData.Cases([.. s_converted.Select(name => new object?[] { name })]);

    private static IEnumerable<TestCaseData> Refused() => ReferenceData.Cases([.. s_refused.Select(texts => new object?[] { texts[0], texts[1], texts[2] })]);

    [TestCaseSource(nameof(Converted))]
    public void AnExportGivesTheNumbersOfOnnxRuntime(string name)
    {
        string path = ReferenceData.PathOf($"failures/{name}.onnx");
        ImportedModel imported = ModelImport.Load(path, ImportOptions.None);
        string folder = Directory.CreateTempSubdirectory("crime-import-").FullName;
        try
        {
            string sample = Path.Combine(folder, "sample.json");
            using var session = new InferenceSession(path);
            File.WriteAllText(sample, OriginalRun.Sample(session, imported.Model.VocabularyCount));
            Assert.That(ModelCheck.Compare(imported, sample).MaxDifference, Is.LessThan(Tolerance));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [TestCaseSource(nameof(Refused))]
    public void ANetworkThatCannotBeHeldIsRefusedInOneLine(string file, string first, string second)
    {
        UserInputException refusal = Assert.Throws<UserInputException>(() => ModelImport.Load(ReferenceData.PathOf("failures/" + file), ImportOptions.None))!;
        Assert.That(refusal.Message, Does.Contain(first).And.Contain(second).And.Not.Contain("\n"));
    }

    private static IEnumerable<TestCaseData> StateDicts() => ReferenceData.Cases(
        ["bilstm_last", new ImportOptions { Head = "last" }, true],
        ["bilstm_last", ImportOptions.None, false],
        ["rnn_relu", new ImportOptions { Nonlinearity = "relu" }, true],
        ["rnn_relu", ImportOptions.None, false],
        ["lstm_meanpool", ImportOptions.None, false],
        ["lstm_relu_before_fc", ImportOptions.None, false],
        ["lstm_cell_state_head", ImportOptions.None, false],
        ["lstm_meanpool", new ImportOptions { Head = "mean" }, true],
        ["lstm_relu_before_fc", new ImportOptions { Activation = "relu" }, true],
        ["lstm_cell_state_head", new ImportOptions { Head = "cell" }, true],
        ["seq_tagging", new ImportOptions { Head = "every" }, true],
        ["seq_tagging", ImportOptions.None, false]);

    [TestCaseSource(nameof(StateDicts))]
    public void ASampleShowsWhetherTheHeadIsRight(string name, ImportOptions options, bool isRight)
    {
        const string Folder = "failures/09-state-dict-says-nothing-of-the-head/";
        ImportedModel imported = ModelImport.Load(ReferenceData.PathOf($"{Folder}{name}.safetensors"), options);
        Assert.That(imported.IsHeadAssumed, Is.EqualTo(options.Head == null));
        using JsonDocument expected = JsonDocument.Parse(File.ReadAllBytes(ReferenceData.PathOf(Folder + "expected.json")));
        string sample = Path.Combine(Path.GetTempPath(), $"crime-sample-{Guid.NewGuid():n}.json");
        try
        {
            File.WriteAllText(sample, expected.RootElement.GetProperty(name).GetRawText());
            if (isRight) Assert.That(ModelCheck.Compare(imported, sample).MaxDifference, Is.LessThan(Tolerance));
            else
                Assert.That(
                    () => ModelCheck.Compare(imported, sample),
                    Throws.TypeOf<UserInputException>().With.Message.Contains("--head")
                        .And.Message.Contains(name == "seq_tagging" ? "something else" : "largest difference"));
        }
        finally
        {
            File.Delete(sample);
        }
    }
}
