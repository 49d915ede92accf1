using Speech.Tensors;

namespace Speech.Models;

/// <summary>Reads the small files of a model's folder whole, after looking at their length.</summary>
internal static class ModelFolderFile
{
    /// <exception cref="ModelFileException">The file is missing, unreadable, empty or longer than expected.</exception>
    public static byte[] Read(string path, int maximumLength)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length == 0)
                throw new ModelFileException(path, "it is empty; download it again.");
            if (file.Length > maximumLength)
                throw TooLarge(path, file.Length, maximumLength);
            var bytes = new byte[file.Length];
            file.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFileException(path, "there is no such file; check the folder or download the model.", null, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new ModelFileException(path, $"it cannot be read ({e.Message}); check that it is a readable file.", null, e);
        }
    }

    public static ModelFileException TooLarge(string path, long length, int maximumLength) =>
        new(path, $"it has {length} bytes, at most {maximumLength} are expected; it is another file, download it again.");
}
