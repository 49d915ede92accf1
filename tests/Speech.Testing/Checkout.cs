namespace Speech.Testing;

/// <summary>Files of the checkout that the tests run in.</summary>
public static class Checkout
{
    private static readonly string Root = FindRoot();

    /// <summary>
    /// The full path of a file given from the checkout's root, such as <c>shared/models/silero-vad/ggml-silero-v6.2.0.bin</c>.
    /// </summary>
    public static string Path(string relativePath) => System.IO.Path.Combine(Root, relativePath);

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(System.IO.Path.Combine(folder.FullName, "Speech.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"No Speech.sln above {AppContext.BaseDirectory}.");
    }
}
