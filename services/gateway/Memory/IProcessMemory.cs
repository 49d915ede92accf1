namespace Speech.Gateway.Memory;

/// <summary>The memory of this process, as the system sees it.</summary>
internal interface IProcessMemory
{
    /// <summary>Bytes of it that are in use or kept.</summary>
    long ResidentBytes { get; }

    /// <summary>Gives back what is kept and not used. Everything stands still meanwhile, for some tens of milliseconds.</summary>
    void GiveBack();
}
