"""Pure analysis: frames and arrays in, frames and values out. No files, no folium."""
