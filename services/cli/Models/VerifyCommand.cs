using System.CommandLine;
using Speech.Catalog;

namespace Speech.Cli.Models;

/// <summary>`models verify`: are the files what they should be?</summary>
internal static class VerifyCommand
{
    private static readonly Argument<string[]> Names = new("NAME")
    {
        Description = "Models to verify, as models list names them; left out: all that are here.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    private static readonly Option<string?> ModelFolder = StoreOptions.ModelFolder();

    public static Command Create()
    {
        var command = new Command(
            "verify", "Compares model files with the SHA-256 of the catalogue, or with what was recorded at their download.")
        {
            Names, ModelFolder,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            using var store = new ModelStore(StoreOptions.From(parsed.GetValue(ModelFolder)));
            var here = store.List().Where(model => model.Path is not null).ToList();
            var names = parsed.GetValue(Names)!;
            var failed = false;
            foreach (var name in names.Where(name => !here.Exists(model => Is(model, name))))
            {
                Console.Error.WriteLine($"{name}: not here; `speech models pull {name}` downloads it.");
                failed = true;
            }

            var asked = here.Where(model => names.Length == 0 || names.Any(name => Is(model, name)));
            foreach (var model in asked.SelectMany(ModelStore.FilesOf))
                failed |= !await VerifyAsync(model, cancellationToken);
            return failed ? ExitCodes.Failed : ExitCodes.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
        catch (OperationCanceledException)
        {
            return ExitCodes.Interrupted;
        }
    }

    private static bool Is(StoredModel model, string name) =>
        model.Name == (WhisperCatalog.Entry(name)?.Name ?? TranslationCatalog.Entry(name)?.Name ?? name);

    private static async Task<bool> VerifyAsync(StoredModel model, CancellationToken cancellationToken)
    {
        var (_, verdict, sha256, expected) = await ModelStore.VerifyAsync(model, cancellationToken);
        Console.WriteLine(verdict switch
        {
            ModelVerdict.Good => $"good     {model.Name}  {sha256}",
            ModelVerdict.Damaged => $"DAMAGED  {model.Name}  {sha256}, expected {expected}: remove {model.Path} and pull it again",
            _ => $"unknown  {model.Name}  {sha256}; no checksum is known",
        });
        return verdict != ModelVerdict.Damaged;
    }
}
