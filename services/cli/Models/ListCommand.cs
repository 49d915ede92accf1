using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Speech.Catalog;

namespace Speech.Cli.Models;

/// <summary>`models list`: what there is, and where.</summary>
internal static class ListCommand
{
    private static readonly Option<string?> ModelFolder = StoreOptions.ModelFolder();
    private static readonly Option<bool> Json = Options.Json("One JSON array of {name, kind, bytes, place, path}.");

    public static Command Create()
    {
        var command = new Command("list", "Lists all models known by name and all files in MODEL_DIR.") { ModelFolder, Json };
        command.SetAction(Run);
        return command;
    }

    private static int Run(ParseResult parsed)
    {
        try
        {
            using var store = new ModelStore(StoreOptions.From(parsed.GetValue(ModelFolder)));
            var models = store.List();
            if (parsed.GetValue(Json))
                Console.WriteLine(JsonSerializer.Serialize(models.Select(ToJson)));
            else
                Print(models);
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            Console.Error.WriteLine(e.Message);
            return ExitCodes.Failed;
        }
    }

    private static void Print(IReadOnlyList<StoredModel> models)
    {
        var table = new Table()
            .Border(TableBorder.None)
            .AddColumn(new TableColumn("model").NoWrap())
            .AddColumn(new TableColumn("for").NoWrap())
            .AddColumn(new TableColumn("size").RightAligned().NoWrap())
            .AddColumn(new TableColumn("where").NoWrap())
            .AddColumn("file");
        foreach (var model in models)
            table.AddRow(
                Markup.Escape(model.Name), Kind(model), ByteCount.Text(model.Bytes), Place(model), Markup.Escape(model.Path ?? ""));
        Terminal.Output().Write(table);
    }

    private static object ToJson(StoredModel model) =>
        new { name = model.Name, kind = Kind(model), bytes = model.Bytes, place = Place(model), path = model.Path };

    private static string Kind(StoredModel model) => model.Kind == ModelKind.Translation ? "translation" : "speech";

    private static string Place(StoredModel model) => model.Place switch
    {
        ModelPlace.BuiltIn => "built in",
        ModelPlace.ModelFolder => "downloaded",
        _ => "not here",
    };
}
