using Speech.Delivery.Dead;

namespace Speech.Cli.Dead;

/// <summary>The jobs that a person means by beginnings of ids.</summary>
internal static class DeadSelection
{
    /// <param name="jobs">All there are.</param>
    /// <param name="prefixes">Each must be the beginning of exactly one id.</param>
    /// <param name="problems">What is wrong with those that are not.</param>
    public static IReadOnlyList<DeadJob> Select(
        IReadOnlyList<DeadJob> jobs, IEnumerable<string> prefixes, out IReadOnlyList<string> problems)
    {
        var wrong = new List<string>();
        var selected = new List<DeadJob>();
        foreach (var prefix in prefixes.Distinct())
        {
            DeadJob[] meant = [.. jobs.Where(job => job.Id.ToString().StartsWith(prefix, StringComparison.Ordinal))];

            // A whole id may also be the beginning of another one: 17-1 of 17-10.
            if (meant.Where(job => job.Id.ToString() == prefix).ToArray() is [var exact])
                meant = [exact];
            if (meant.Length == 1)
                selected.Add(meant[0]);
            else if (meant.Length == 0)
                wrong.Add($"No dead job's id begins with {prefix}: `speech dead list` shows those there are.");
            else
                wrong.Add($"{meant.Length} dead jobs' ids begin with {prefix}: {string.Join(", ", meant.Take(5).Select(job => $"{job.Id} of {job.Stream}"))}{(meant.Length > 5 ? ", …" : "")}. Give more of the id, or --stream.");
        }

        problems = wrong;
        return [.. selected.Distinct()];
    }
}
