Console.WriteLine("Speech.SttWorker");
