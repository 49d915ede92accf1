namespace Speech.Tensors;

/// <summary>A weight file that cannot be used: missing, damaged, of another format, or for another model. The message names the file and,
/// where one is to blame, the tensor, and says what to do.</summary>
public sealed class ModelFileException(string path, string problem, string? tensorName = null, Exception? innerException = null)
    : Exception(Describe(path, problem, tensorName), innerException)
{
    public string Path { get; } = path;

    /// <summary>The tensor to blame, or null when the header or the file as a whole is.</summary>
    public string? TensorName { get; } = tensorName;

    private static string Describe(string path, string problem, string? tensorName) =>
        tensorName is null ? $"Model file '{path}': {problem}" : $"Model file '{path}', tensor '{tensorName}': {problem}";
}
