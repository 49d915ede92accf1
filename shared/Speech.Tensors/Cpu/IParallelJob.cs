namespace Speech.Tensors.Cpu;

/// <summary>Work that splits into independent pieces for a <see cref="ThreadTeam"/>.</summary>
internal interface IParallelJob
{
    /// <param name="piece">Which piece.</param>
    /// <param name="thread">Which thread of the team runs it: for scratch memory.</param>
    void Run(int piece, int thread);
}
