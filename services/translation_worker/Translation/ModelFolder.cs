using Speech.Models.Catalog;

namespace Speech.TranslationWorker;

internal static class ModelFolder
{
    /// <summary>A folder that is given as such, or has the name among the models that are here.</summary>
    /// <exception cref="DirectoryNotFoundException">There is none.</exception>
    public static string Find(string model, ModelStoreOptions store)
    {
        string?[] places = [model, Path.Combine(store.ModelFolder, model), store.BuiltInFolder is { } builtIn ? Path.Combine(builtIn, model) : null];
        return places.FirstOrDefault(Directory.Exists) ?? throw new DirectoryNotFoundException(
            $"There is no translation model '{model}': TRANSLATION_MODEL must be a folder with a Hugging Face model, or the name of one in {store.ModelFolder}.");
    }
}
