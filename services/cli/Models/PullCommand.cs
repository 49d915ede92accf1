using System.CommandLine;
using Speech.Catalog;

namespace Speech.Cli.Models;

/// <summary>`models pull`: downloads models that are not here yet.</summary>
internal static class PullCommand
{
    private static readonly Argument<string[]> Names = new("NAME")
    {
        Description = "Names (see models list) of models, or URLs of ggml files.",
        Arity = ArgumentArity.OneOrMore,
    };

    private static readonly Option<string?> ModelFolder = StoreOptions.ModelFolder();
    private static readonly Option<string?> BaseUrl = StoreOptions.BaseUrl();
    private static readonly Option<bool> Offline = StoreOptions.Offline();

    public static Command Create()
    {
        var command = new Command("pull", "Downloads models, continues broken downloads, and verifies their checksums.")
        {
            Names, ModelFolder, BaseUrl, Offline,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var failures = 0;
        try
        {
            using var store = new ModelStore(
                StoreOptions.From(parsed.GetValue(ModelFolder), parsed.GetValue(BaseUrl), parsed.GetValue(Offline)));
            foreach (var name in parsed.GetValue(Names)!)
                failures += await TryPullAsync(store, name, cancellationToken) ? 0 : 1;
        }
        catch (FormatException e)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Usage;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("Interrupted. What is here is kept; pull again to continue.");
            return ExitCodes.Interrupted;
        }

        return failures == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async Task<bool> TryPullAsync(ModelStore store, string name, CancellationToken cancellationToken)
    {
        try
        {
            var path = await PullProgress.ShowAsync(async progress => TranslationCatalog.Entry(name) is not null
                ? await store.GetTranslationAsync(name, progress, cancellationToken)
                : (await store.GetAsync(name, progress, cancellationToken)).Path);
            Console.WriteLine($"{name}: {path}");
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"{name}: {e.Message}");
            return false;
        }
    }
}
