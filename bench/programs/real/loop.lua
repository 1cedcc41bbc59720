-- N rounds of numbers, tables, closures and strings.
local total, seed, x = 0, 42, 0.5
local function counter()
  local n = 0
  return function(by) n = n + by; return n end
end
for turn = 1, tonumber(arg[1]) do
  local counts, list, count = {}, {}, counter()
  for _ = 1, 3000 do
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    local word = "w" .. (seed >> 16 & 255)
    counts[word] = (counts[word] or 0) + 1
    x = 3.7 * x * (1 - x)
    count(seed & 7)
  end
  for word, n in pairs(counts) do list[#list + 1] = { word, n } end
  table.sort(list, function(a, b) return a[2] > b[2] or a[2] == b[2] and a[1] < b[1] end)
  local text = {}
  for i, pair in ipairs(list) do text[i] = pair[1] end
  total = total + #table.concat(text, " "):gsub("w(%d)", "v%1%1") + count(0) + turn
end
print(total, string.format("%.6f", x))
