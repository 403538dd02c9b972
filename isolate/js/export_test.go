package js

// SampleEvery is sampleEvery.
const SampleEvery = sampleEvery
