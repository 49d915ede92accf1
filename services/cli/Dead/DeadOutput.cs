using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;
using Speech.Contracts.Sessions;
using Speech.Contracts.Text;
using Speech.Delivery.Dead;

namespace Speech.Cli.Dead;

/// <summary>Dead jobs for people and for programs.</summary>
internal static class DeadOutput
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string ToJson(object value) => JsonSerializer.Serialize(value, Json);

    /// <summary>What `--json` prints of a job.</summary>
    public static object Describe(DeadJob job) => new
    {
        job.Stream,
        Id = job.Id.ToString(),
        job.DiedAt,
        AgeSeconds = (long)job.Age.TotalSeconds,
        job.ClientId,
        job.Segment,
        job.Kind,
        job.DurationMs,
        job.Language,
        job.Cause,
        job.Reason,
        job.Deliveries,
        job.Retried,
        job.Cut,
    };

    public static void WriteTable(IAnsiConsole console, IReadOnlyList<DeadJob> jobs)
    {
        var table = new Table().Border(TableBorder.None)
            .AddColumn(new TableColumn("id").NoWrap())
            .AddColumn(new TableColumn("stream").NoWrap())
            .AddColumn(new TableColumn("age").RightAligned().NoWrap())
            .AddColumn(new TableColumn("client").NoWrap())
            .AddColumn(new TableColumn("segment").RightAligned().NoWrap())
            .AddColumn(new TableColumn("deliveries").RightAligned().NoWrap())
            .AddColumn(new TableColumn("cause").NoWrap())
            .AddColumn("reason");
        foreach (var job in jobs)
            table.AddRow(
                $"{job.Id}", job.Stream, Age(job.Age), Text(job.ClientId), Text(job.Segment), Text(job.Deliveries), Text(job.Cause),
                Text(job.Reason));
        console.Write(table);
    }

    /// <summary>In the largest unit that has at least one: 59 s, 3 min, 25 h, 4 d.</summary>
    public static string Age(TimeSpan age) =>
        age < TimeSpan.FromMinutes(1) ? Number(age.TotalSeconds, "s")
        : age < TimeSpan.FromHours(1) ? Number(age.TotalMinutes, "min")
        : age < TimeSpan.FromHours(48) ? Number(age.TotalHours, "h")
        : Number(age.TotalDays, "d");

    public static string Text(object? value) =>
        value is null ? "-" : Markup.Escape(PlainText.Escape(Convert.ToString(value, CultureInfo.InvariantCulture)!));

    private static string Number(double value, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Floor(value):F0} {unit}");
}
