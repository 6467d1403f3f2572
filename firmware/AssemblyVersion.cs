// The version of every assembly of a board, in all builds. A board's CLR refuses an assembly that refers to another major or minor version,
// and kernels that come over the air refer to Crime.Kernel. The nfproj builds have no other source for it: without this file they have 0.0.0.0.

using System.Reflection;

[assembly: AssemblyVersion("0.1.0.0")]
