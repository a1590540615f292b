mod samples;
mod second;
