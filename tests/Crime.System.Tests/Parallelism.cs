// Most fixtures wait for processes that they have started. Three run at a time; those that compare times run alone, after them, and say so.

using NUnit.Framework;

[assembly: LevelOfParallelism(3)]
