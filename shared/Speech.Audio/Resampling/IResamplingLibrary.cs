namespace Speech.Audio.Resampling;

/// <summary>An implementation of resampling.</summary>
internal interface IResamplingLibrary
{
    /// <summary>For people.</summary>
    string Name { get; }

    IRateConverter Create(int fromRate, int toRate);
}
