// Most fixtures wait for commands that they have started, and use a third of two processors: those with [Parallelizable(ParallelScope.Self)] run
// three at a time. A fixture without the attribute runs alone: it compares times, or its boards decide by the time that a gateway takes.

using NUnit.Framework;

[assembly: LevelOfParallelism(3)]
