// These tests compute and share nothing that changes, so fixtures run side by side, one per processor.

using NUnit.Framework;

[assembly: Parallelizable(ParallelScope.Fixtures)]
