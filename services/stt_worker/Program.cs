using Speech.Hosting;
using Speech.SttWorker;

var builder = SpeechHost.CreateBuilder(args, "stt_worker", defaultPort: 0);
builder.AddSttWorker(SttWorkerSettings.From(builder.Settings));
var app = builder.Build();
app.MapHealth();
return await app.RunSpeechAsync();
