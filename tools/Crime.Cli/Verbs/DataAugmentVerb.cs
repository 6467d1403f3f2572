// crime data augment: adds changed copies of the training sequences, so that a few takes are enough.

using System.CommandLine;
using Crime.Cli.Data;
using Crime.Modelling.Datasets;

namespace Crime.Cli.Verbs;

internal static class DataAugmentVerb
{
    public static Command Create()
    {
        var data = new Argument<string>("DATA") { Description = "Folder of the data set, or one of its files. Its test part stays as it is." };
        Option<int> copies = Options.Number("--copies", "Copies of each training sequence.", 20, 1, Augmentation.MostCopies);
        Option<double> turn = Options.Real(
            "--turn", "Largest angle in degrees by which a copy is turned, for x, y and z of an accelerometer or gyroscope; 0 for none.", 0,
            angle => angle is >= 0 and <= 180, "0 to 180");
        Option<double> strength = Options.Real("--strength", "Largest share by which a copy's movement is stronger or weaker.", 0.3, IsShare, "0 to below 1");
        Option<double> stretch = Options.Real("--stretch", "Largest share by which a copy is longer or shorter.", 0.2, IsShare, "0 to below 1");
        Option<int> seed = Options.Number("--seed", "Chooses the copies; the same seed gives the same copies.", 1, 0, int.MaxValue);
        Option<string> output = DataVerb.Folder();
        Option<bool> force = DataVerb.Force();
        var json = new Option<bool>("--json") { Description = "Print the result as JSON: files, details (copies, turn, strength, stretch, seed), data." };
        var command = new Command(
            "augment",
            "Adds changed copies of the training sequences: turned, stronger or weaker, longer or shorter. A few takes of one person\n"
            + "are then enough to train with. A sequence and its copies are of one take.\n\n"
            + "Example:\n  crime data augment gestures --copies 20 --turn 60 -o gestures-augmented")
        {
            data, copies, turn, strength, stretch, seed, output, force, json,
        };
        command.SetAction(parsed =>
        {
            var target = new DatasetOutput(parsed.GetRequiredValue(output), parsed.GetValue(force));
            var augmentation = new Augmentation
            {
                CopyCount = parsed.GetValue(copies),
                TurnDegrees = parsed.GetValue(turn),
                Strength = parsed.GetValue(strength),
                Stretch = parsed.GetValue(stretch),
                Seed = parsed.GetValue(seed),
            };
            Dataset changed = augmentation.Apply(DatasetFolder.LoadAny(parsed.GetRequiredValue(data), isTestNeeded: false));
            var details = new
            {
                copies = augmentation.CopyCount, turn = augmentation.TurnDegrees, strength = augmentation.Strength, stretch = augmentation.Stretch,
                seed = augmentation.Seed,
            };
            return DataVerb.Write(target, changed, details, $"; {augmentation.CopyCount} copies of each training sequence", parsed.GetValue(json));
        });
        return command;
    }

    private static bool IsShare(double share) => share is >= 0 and < 1;
}
