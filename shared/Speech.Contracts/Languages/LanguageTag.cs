using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Speech.Contracts.Languages;

/// <summary>
/// A language as people and programs name it: BCP 47 (<c>en-US</c>, <c>zh-Hant-TW</c>), with '_' for '-' and in any case, by a code of ISO
/// 639-1, -2 (either) or -3, or by one that these have withdrawn (<c>iw</c>). Only what tells languages and their writing apart is kept.
/// </summary>
/// <param name="Language">ISO 639-1 where there is one, else ISO 639-3; lower case.</param>
/// <param name="Script">ISO 15924, written as <c>Hant</c>: as given, or as the region implies it; null: the usual one.</param>
/// <remarks>Grammar: RFC 5646, 2.1; deprecated codes and scripts of regions: Unicode CLDR, supplementalMetadata and
/// likelySubtags.</remarks>
public readonly record struct LanguageTag(string Language, string? Script)
{
    /// <summary>Longer ones are not known; what RFC 5646 (4.4.1) asks of those who limit them.</summary>
    public const int MaxLength = 35;

    // Withdrawn codes, those of bibliographers (639-2/B), and members of languages that both models know by the name of the whole.
    private static readonly FrozenDictionary<string, string> Canonical = """
        iw=he in=id ji=yi jw=jv mo=ro scc=sr scr=hr fil=tl
        alb=sq arm=hy baq=eu bur=my chi=zh cze=cs dut=nl fre=fr geo=ka ger=de gre=el ice=is mac=mk mao=mi may=ms per=fa rum=ro slo=sk tib=bo wel=cy
        aar=aa abk=ab afr=af aka=ak amh=am ara=ar arg=an asm=as aym=ay aze=az bak=ba bam=bm bel=be ben=bn bod=bo bos=bs bre=br bul=bg cat=ca
        ces=cs cym=cy dan=da deu=de dzo=dz ell=el eng=en epo=eo est=et eus=eu ewe=ee fao=fo fas=fa fij=fj fin=fi fra=fr ful=ff gla=gd gle=ga
        glg=gl grn=gn guj=gu hat=ht hau=ha heb=he hin=hi hrv=hr hun=hu hye=hy ibo=ig ind=id isl=is ita=it jav=jv jpn=ja kan=kn kas=ks kat=ka
        kau=kr kaz=kk khm=km kik=ki kin=rw kir=ky kon=kg kor=ko kur=ku lao=lo lat=la lav=lv lim=li lin=ln lit=lt ltz=lb lug=lg mal=ml mar=mr
        mkd=mk mlg=mg mlt=mt mon=mn mri=mi msa=ms mya=my nep=ne nld=nl nno=nn nob=nb nor=no nya=ny oci=oc ori=or orm=om pan=pa pol=pl por=pt
        pus=ps que=qu roh=rm ron=ro run=rn rus=ru sag=sg san=sa sin=si slk=sk slv=sl smo=sm sna=sn snd=sd som=so sot=st spa=es sqi=sq srd=sc
        srp=sr ssw=ss sun=su swa=sw swe=sv tam=ta tat=tt tel=te tgk=tg tgl=tl tha=th tir=ti tsn=tn tso=ts tuk=tk tur=tr twi=tw uig=ug ukr=uk
        urd=ur uzb=uz vie=vi wol=wo xho=xh yid=yi yor=yo zho=zh zul=zu
        als=sq arb=ar ayr=ay azj=az cmn=zh ekk=et fuv=ff gaz=om gug=gn kmr=ku knc=kr khk=mn lvs=lv npi=ne ory=or pbt=ps pes=fa plt=mg
        quy=qu swh=sw uzn=uz ydd=yi zsm=ms
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('='))
        .ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    // Extended language subtags after their prefix: zh-yue is yue, ar-arz is arz.
    private static readonly FrozenSet<string> Extended = """
        zh-cmn zh-yue ar-arb ar-arz ar-ary ar-acm ar-acq ar-aeb ar-ajp ar-apc ar-ars ms-zsm ms-min ms-bjn
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    // Where a language is not written as elsewhere.
    private static readonly FrozenDictionary<string, string> ScriptsOfRegions = """
        zh-TW=Hant zh-HK=Hant zh-MO=Hant pa-PK=Arab uz-AF=Arab az-IR=Arab kk-CN=Arab ky-CN=Arab mn-CN=Mong tg-PK=Arab sd-IN=Deva ug-KZ=Cyrl ms-CC=Arab
        sr-ME=Latn
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)
        .Select(pair => pair.Split('='))
        .ToFrozenDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>Reads any text; false when it is no tag. Whether a model knows the language is another question.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out LanguageTag tag)
    {
        tag = default;
        if (text is null || text.Length is 0 or > MaxLength)
            return false;
        var parts = text.Replace('_', '-').Split('-');
        if (!Array.TrueForAll(parts, part => part.Length is > 0 and <= 8 && part.All(char.IsAsciiLetterOrDigit)))
            return false;
        var language = parts[0].ToLowerInvariant();
        if (language.Length is < 2 or > 3 || !language.All(char.IsAsciiLetter))
            return false;
        language = Canonical.GetValueOrDefault(language, language);

        var next = 1;
        if (next < parts.Length && parts[next].Length == 3 && parts[next].All(char.IsAsciiLetter))
        {
            var extended = parts[next++].ToLowerInvariant();
            if (!Extended.Contains($"{language}-{extended}"))
                return false;
            language = Canonical.GetValueOrDefault(extended, extended);
        }
        string? script = null;
        if (next < parts.Length && parts[next].Length == 4 && parts[next].All(char.IsAsciiLetter))
        {
            script = char.ToUpperInvariant(parts[next][0]) + parts[next][1..].ToLowerInvariant();
            next++;
        }
        if (next < parts.Length && parts[next].Length == 2 && parts[next].All(char.IsAsciiLetter))
            script ??= ScriptsOfRegions.GetValueOrDefault($"{language}-{parts[next].ToUpperInvariant()}");
        // What follows tells spellings, calendars and the like.
        tag = new LanguageTag(language, script);
        return true;
    }
}
