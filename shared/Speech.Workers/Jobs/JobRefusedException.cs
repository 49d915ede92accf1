namespace Speech.Workers.Jobs;

/// <summary>A model will not do a job, nor will it when it is asked again: the job is given up.</summary>
/// <param name="code">For programs, as in <see cref="Speech.Contracts.Server.Failed"/>.</param>
public sealed class JobRefusedException(string code, string message) : Exception(message)
{
    public string Code => code;
}
