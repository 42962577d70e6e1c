import{A as e,B as t,C as n,D as r,E as i,H as a,I as o,L as s,M as c,N as l,O as u,P as d,R as f,S as p,T as m,U as h,V as g,_,a as v,b as y,c as b,d as x,f as S,g as C,h as w,i as ee,j as te,k as ne,l as T,m as E,n as re,o as ie,p as ae,r as oe,s as se,t as ce,u as le,v as D,w as ue,x as O,y as de,z as fe}from"./index.js";var pe=/^[=+\-@\t\r]/,me=/[",\r\n]|^\s|\s$/,he=[`run`,`layer`,`user`,`step`,`head`,`query_position`,`query`,`key_position`,`key`,`attention`,`error_bound`];function ge(e,t){let n=[e.join(`,`)];for(let e of t)n.push(e.map(ve).join(`,`));return`\ufeff${n.join(`\r
`)}\r\n`}function*_e(e){let{attention:t,head:n}=e,r=[e.run,e.layer,e.user,t.step,e.headName],{tiles:i,queries:a,keys:o,queryOffset:s,keyOffset:c}=t,u=e=>i?i.queryOffset+l(e,a,i.queries).first:s+e,d=e=>i?i.keyOffset+l(e,o,i.keys).first:c+e;for(let i=0;i<t.queries;i+=1)for(let a=0;a<t.keys;a+=1){let o=fe(t,n,i,a);o&&!Number.isNaN(o.value)&&(yield[...r,u(i),e.queryNames[i]??``,d(a),e.keyNames[a]??``,o.value,t.derived?null:o.error])}}function ve(e){if(e===null)return``;if(typeof e==`number`)return Number.isFinite(e)?`${e}`:``;let t=pe.test(e)?`'${e}`:e;return me.test(t)||t!==e?`"${t.replaceAll(`"`,`""`)}"`:t}var ye=.57,be=.68,xe=1;function Se(e){return(e.codePointAt(0)??0)>=4352?xe:/[A-Z%&@mw]/.test(e)?be:ye}function k(e,t){let n=0;for(let t of e)n+=Se(t);return n*t}function A(e,t,n){if(k(e,t)<=n)return e;let r=``;for(let i of e){if(k(`${r}${i}…`,t)>n)break;r+=i}return`${r.trimEnd()}…`}function Ce(e,t,n){let r=e.match(/[\u1100-\uffff]|[^\s\u1100-\uffff]+\s*|\s+/gu)??[],i=[],a=``;for(let e of r)a&&k((a+e).trimEnd(),t)>n&&(i.push(a.trimEnd()),a=``),a+=e;return a?[...i,a.trimEnd()]:i}var j=20,M=16,we=460,N=10,P=12,Te=16,Ee=16,De=150,Oe=96,ke=74,F={width:240,height:10};function Ae(e,t=je(e)){let n=new Me,r={...Fe(e,t)},i=Math.max(we,r.width)+40;n.line(e.title,Te,i,!0);for(let t of e.lines)n.line(t,P,i);n.line(e.axes,11,i),n.y+=M/2;for(let r=0;r<e.panels.length;r+=e.perRow)Ie(n,e.panels.slice(r,r+e.perRow),t);for(let t of e.legends)Re(n,t,i);for(let t of e.notes)n.line(t,11,i);return{width:i,height:Math.ceil(n.y+j),title:e.title,marks:n.marks}}function je({panels:e,perRow:t},n=760){let r=Math.max(1,...e.map(({pixels:e})=>Math.max(e.width,e.height))),i=Math.min(t,Math.max(1,e.length));return Math.max(1,Math.min(28,Math.floor(n/i/r)))}var Me=class{marks=[];y=j;line(e,t,n,r=!1){for(let i of Ce(e,t,n-40))this.text(i,j,this.y+t,t,`start`,0,r),this.y+=Math.max(Ee,t+6)}text(e,t,n,r,i,a=0,o=!1){this.marks.push({kind:`text`,x:t,y:n,text:e,size:r,anchor:i,angle:a,bold:o})}};function Ne({title:e,pixels:t,rows:n,columns:r},i){let a=n?Math.min(De,Pe(n)+10):0,o=r?Math.min(Oe,.79*Pe(r)+14):0,s=Math.ceil((e?20:0)+o),c=t.width*i+(r?ke:0);return{left:a,top:s,width:a+Math.max(c,Math.min(160,k(e,P))),height:s+t.height*i}}function Pe(e){return Math.ceil(Math.max(0,...e.map(e=>k(e,N))))}function Fe({panels:e,perRow:t},n){let r=0;for(let i=0;i<e.length;i+=t){let a=e.slice(i,i+t).map(e=>Ne(e,n).width+M);r=Math.max(r,a.reduce((e,t)=>e+t,-16))}return{width:r}}function Ie(e,t,n){let r=j,i=t.map(e=>Ne(e,n));t.forEach((t,a)=>{let o=i[a];Le(e,t,r,n,o),r+=o.width+M}),e.y+=Math.max(...i.map(({height:e})=>e))+M}function Le(e,t,n,r,i){let{pixels:a,rows:o,columns:s,title:c}=t,[l,u]=[n+i.left,e.y+i.top],[d,f]=[a.width*r,a.height*r];c&&e.text(A(c,P,i.width),n,e.y+P,P,`start`,0,!0),e.marks.push({kind:`picture`,x:l,y:u,width:d,height:f,pixels:a});let p=Math.max(1,Math.ceil(12/r)),m=e=>e.flatMap((t,n)=>(e.length-1-n)%p==0?[n]:[]);for(let t of o?m(o):[]){let n=A(o?.[t]??``,N,140);e.text(n,l-6,u+(t+.5)*r+N*.35,N,`end`)}for(let t of s?m(s):[]){let n=A(s?.[t]??``,N,82/.79);e.text(n,l+(t+.5)*r+N*.3,u-5,N,`start`,-52)}}function Re(e,{title:t,bar:n,ticks:r,note:i},a){e.line(t,P,a);let o={x:28,y:e.y+2,width:F.width,height:F.height};e.marks.push({kind:`picture`,...o,pixels:n});for(let[t,n]of r)e.text(n,o.x+t*F.width,o.y+F.height+N+2,N,`middle`);e.y+=F.height+Ee+6,e.line(i,11,a)}var I=[147,78,85,77,80,89,1,0],ze=64;function L(e,t){let n=t.reduce((e,t)=>e*t,1);if(n!==e.length)throw RangeError(`${e.length} values are no ${t}`);let r=`{'descr': '<f4', 'fortran_order': False, 'shape': (${t.length===1?`${t[0]},`:t.join(`, `)}), }`,i=I.length+2,a=Math.ceil((i+r.length+1)/ze)*ze,o=new Uint8Array(a+4*n);o.set(I);let s=new DataView(o.buffer);return s.setUint16(I.length,a-i,!0),o.set(new TextEncoder().encode(`${r.padEnd(a-i-1)}\n`),i),e.forEach((e,t)=>s.setFloat32(a+4*t,e,!0)),o}function Be(e,t){let{queries:n,keys:r}=e,i=new Float32Array(t.length*n*r),a=0;for(let o of t)for(let t=0;t<n;t+=1)for(let n=0;n<r;n+=1,a+=1)i[a]=fe(e,o,t,n)?.value??NaN;return i}function Ve(e){let t=Math.max(0,...e.map(e=>e.queries)),n=Math.max(0,...e.map(e=>e.keys)),r=new Float32Array(e.length*t*n).fill(NaN);return e.forEach((e,i)=>{for(let a=0;a<e.queries;a+=1){let o=(i*t+t-e.queries+a)*n+n-e.keys;r.set(e.values.subarray(a*e.keys,(a+1)*e.keys),o)}}),{values:r,shape:[e.length,t,n]}}var He=`#ffffff`,Ue=`#202124`,R=[`#f4f4f4`,`#c4c4c4`],We=`system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif`,Ge=67108864;async function Ke(e,t=2){let n=Math.sqrt(Ge/(e.width*e.height));return Qe(Je(e,Math.min(t,n)))}async function qe(e){let t=document.createElement(`canvas`);return _(t,e),t.toDataURL(`image/png`)}function Je(e,t,n=!1){let r=document.createElement(`canvas`);r.width=Math.round(e.width*t),r.height=Math.round(e.height*t);let i=z(r,n);i.scale(t,t),i.fillStyle=He,i.fillRect(0,0,e.width,e.height),i.imageSmoothingEnabled=!1;for(let t of e.marks)Ye(i,t);return r}function z(e,t=!1){let n=e.getContext(`2d`,{willReadFrequently:t});if(!n)throw Error(`this browser gives no 2D canvas`);return n}function Ye(e,t){if(t.kind===`text`){Xe(e,t);return}let n=document.createElement(`canvas`);_(n,t.pixels);let{x:r,y:i,width:a,height:o}=t;e.fillStyle=Ze(e),e.fillRect(r,i,a,o),n.width>0&&n.height>0&&e.drawImage(n,r,i,a,o)}function Xe(e,t){e.save(),e.translate(t.x,t.y),e.rotate(t.angle*Math.PI/180),e.font=`${t.bold?600:400} ${t.size}px ${We}`,e.fillStyle=Ue,e.textAlign=t.anchor===`middle`?`center`:t.anchor,e.fillText(t.text,0,0),e.restore()}function Ze(e){let t=document.createElement(`canvas`);t.width=6,t.height=6;let n=z(t);return n.fillStyle=R[0],n.fillRect(0,0,6,6),n.strokeStyle=R[1],n.beginPath(),n.moveTo(-1,7),n.lineTo(7,-1),n.stroke(),e.createPattern(t,`repeat`)??R[0]}function Qe(e){return new Promise((t,n)=>{e.toBlob(e=>{e?t(e):n(Error(`the picture is too large for this browser`))},`image/png`)})}var $e={"&":`&amp;`,"<":`&lt;`,">":`&gt;`,'"':`&quot;`,"'":`&#39;`},et=/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;function B(e){return e.replace(et,`�`).replace(/[&<>"']/g,e=>$e[e]??e)}function tt(e){return JSON.stringify(e).replace(/[<>&\u2028\u2029]/g,e=>`\\u${e.charCodeAt(0).toString(16).padStart(4,`0`)}`)}var nt=`system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,sans-serif`,rt=`<pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="#f4f4f4"/><path d="M-1 7 7 -1" stroke="#c4c4c4"/></pattern>`;async function it({width:e,height:t,title:n,marks:r},i){let a=await Promise.all(r.map(e=>e.kind===`text`?at(e):ot(e,i)));return[`<svg xmlns="http://www.w3.org/2000/svg" width="${e}" height="${t}" viewBox="0 0 ${e} ${t}" role="img">`,`<title>${B(n)}</title><defs>${rt}</defs>`,`<rect width="${e}" height="${t}" fill="#fff"/>`,`<g font-family="${nt}" fill="#202124">`,...a,`</g></svg>
`].join(`
`)}function at({x:e,y:t,text:n,size:r,anchor:i,angle:a,bold:o}){let s=a===0?``:` transform="rotate(${a} ${V(e)} ${V(t)})"`,c=o?` font-weight="600"`:``;return`<text ${`x="${V(e)}" y="${V(t)}" font-size="${r}"`} text-anchor="${i}"${c}${s}>${B(n)}</text>`}async function ot({x:e,y:t,width:n,height:r,pixels:i},a){let o=`x="${V(e)}" y="${V(t)}" width="${n}" height="${r}"`,s=`<rect ${o} fill="url(#hatch)"/>`;if(i.width*i.height>1e4)return`${s}${`<image ${o} preserveAspectRatio="none" style="image-rendering:pixelated"`} href="${await a(i)}"/>`;let c=`${V(n/i.width)} ${V(r/i.height)}`;return`${s}<g transform="${`translate(${V(e)} ${V(t)}) scale(${c})`}" shape-rendering="crispEdges">${st(i)}</g>`}function st({width:e,height:t,rgba:n}){let r=new Uint32Array(n.buffer,n.byteOffset,e*t),i=new Map;for(let a=0;a<t;a+=1)for(let t=0;t<e;){let o=a*e+t,s=r[o],c=t+1;for(;c<e&&r[a*e+c]===s;)c+=1;let l=i.get(s)??{fill:ct(n,o),path:``};l.path+=`M${t} ${a}h${c-t}v1H${t}z`,n[4*o+3]!==0&&i.set(s,l),t=c}return[...i.values()].map(({fill:e,path:t})=>`<path fill="${e}" d="${t}"/>`).join(``)}function ct(e,t){return`#${[...e.subarray(4*t,4*t+3)].map(e=>e.toString(16).padStart(2,`0`)).join(``)}`}function V(e){return Math.round(100*e)/100}function lt({table:t,scale:n},r,i,a){let o=de(t),s=new Uint8ClampedArray(1024);new Uint32Array(s.buffer).set(o);let l=e(n).map(e=>[c(e,n),a(e)]);return{title:r,bar:{width:256,height:1,rgba:s},ticks:l,note:i}}function ut(e,t){let{queries:n,keys:r,layout:i,encoding:a,codes:o}=e,c=s(n,r,i),l=0;for(let e=t*c;e<(t+1)*c;e+=1)l=Math.max(l,f(o[e]??0,a));return l}function H(e,t,n){return e.isMean(t)?h().derived.pictures.cohort:C(n)}function dt(e,t,n){let r=(r,a)=>{if(n.derived&&t.name!==`attn:rollout`)return S(t,n,r);let o=e.run?.name??``;return w(e,o,e.user,a,i(n,r))};return{queries:r(`query`,t.query_axis),keys:r(`key`,t.key_axis)}}function ft(e,t){let{selection:n}=e,r=n.view===`heads`?e.layers:[e.layer];return(t?[t]:r).flatMap(t=>{let r=t&&e.picturedFrame(t);if(!t||r?.kind!==`ready`)return[];let i=Array.from({length:r.attention.heads},(e,t)=>t);return(n.view===`heads`?i:[n.head]).map(e=>({layer:t,head:e,attention:r.attention}))})}function pt(e){if(e.selection.view===`compare`)return _t(e);if(e.selection.view===`evolution`)return xt(e);let{layer:t,user:n}=e;return t&&n&&mt(e,ft(e),H(e,t,n))}function mt(e,t,n){let[r]=t;if(!r)return null;let{display:i}=e,a=t.length===1,o=new Set(t.map(({layer:e})=>x(e))),s=t.map(({layer:t,head:n,attention:r})=>{let s=a?dt(e,t,r):null,c=T(t,n);return{title:a?``:o.size>1?`${x(t)}: ${c}`:c,pixels:D(r,n,i.paletteOf(r)),rows:s?.queries??null,columns:s?.keys??null}}),c=a?T(r.layer,r.head):``;return{...St(e,n,[[...o].join(`, `),c],r.attention.step),axes:h().exports.axes,panels:s,perRow:o.size>1?Math.max(...e.layers.map(e=>e.head_count)):4,legends:Ct(t.map(({attention:e})=>i.paletteOf(e))),notes:[...ht(t),h().exports.hatched,h().exports.caution]}}function ht(e){let t=e.filter(({attention:e})=>!e.derived),n=e.flatMap(({layer:e,attention:t})=>[E(t),...gt(e,t)]),r=t.map(({attention:e,head:t})=>ut(e,t));return[...[...new Set(n)].filter(Boolean),...r.length>0?[G(Math.max(...r))]:[]]}function gt(e,{derived:t}){let n=h();if(e.name===`attn:rollout`)return[n.derived.rolloutNote];if(!t)return[];let i=r(e.query_axis)?n.derived.mean:n.derived.meanLast,o=e=>O(e,a());return[i(o(t.users),o(t.of)),n.derived.aboutTitle]}function _t(e){return vt(e,e.compare.panels.map(t=>m(e,t)))}function vt(e,t){let{display:n}=e,r=t.map(({picture:e})=>e?.kind===`ready`?e.attention:null),i=t.flatMap((e,t)=>{let i=r[t];return i?[{title:`${ie(t)}: ${bt(e)}`,pixels:D(i,e.head,n.paletteOf(i)),rows:null,columns:null}]:[]});if(i.length===0)return null;let a=h(),o=yt(t);if(o){let e=D(o,0,n.signedPaletteOf(o));i.push({title:a.compare.minus(`A`,`B`),pixels:e,rows:null,columns:null})}let s=r.filter(e=>e!==null),c=r.map((e,n)=>e?ut(e,t[n]?.head??0):0),l=o?[W(n.signedPaletteOf(o))]:[];return{title:`${a.title}: ${a.views.compare}`,lines:t.map((e,t)=>`${ie(t)}: ${bt(e)}`),axes:a.exports.axes,panels:i,perRow:3,legends:[...Ct(s.map(e=>n.paletteOf(e))),...l],notes:[...new Set(s.map(E).filter(Boolean)),G(Math.max(...c)),a.exports.hatched,a.exports.caution]}}function yt([e,t,n]){if(e?.picture?.kind!==`ready`||t?.picture?.kind!==`ready`||n)return null;let r=y(e,t);return!r||r.common.kind===`nothing`?null:ue({attention:e.picture.attention,head:e.head},{attention:t.picture.attention,head:t.head})}function bt({run:e,layer:t,user:n,head:r,step:i}){if(!e||!t||!n)return`–`;let o=i===null?`–`:O(i,a());return[e.display_name,x(t),T(t,r),C(n),h().heatmap.step(o)].join(`, `)}function U(e){let{evolution:t,layer:n,run:r,user:i}=e,a=t.loaded.filter(e=>t.row(e)?.kind===`ready`);if(!n||a.length===0)return null;let o=re(e,n),s=w(e,r?.name??``,i,n.key_axis,o),c=o.newestFirst?s.reverse():s,l=a.map(t=>c.map((n,r)=>oe(e,o,t,r)));return{names:c,positions:c.map((e,t)=>ee(o,t)),steps:a,columns:l}}function xt(e){let t=U(e),{layer:n,user:i,display:o,selection:s}=e;if(!t||!n||!i)return null;let c=v(t.columns,t.names.length,o.palette),l=h(),u=t.steps.map(e=>O(e,a()));return{...St(e,C(i),[x(n),T(n,s.head)],null),axes:r(n.key_axis)?l.evolution.axis:l.evolution.axisOf(b(n.key_axis)),panels:[{title:``,pixels:c,rows:t.names,columns:u}],perRow:1,legends:[W(o.palette)],notes:[l.exports.caution]}}function St({run:e,columns:t},n,r,i){let o=h(),s=i===null?null:t?.epochs[t.steps.indexOf(i)],c=[i===null?``:o.heatmap.step(O(i,a())),s==null?``:o.timeline.epoch(p(s,2,a()))];return{title:[o.title,...r].filter(Boolean).join(` · `),lines:[[e?.display_name??``,n].join(` · `),c.filter(Boolean).join(`, `)].filter(Boolean)}}function Ct(e){return[...new Set(e)].map(W)}function W(e){let t=h(),{scale:r}=e,i=e=>n(e,a()),o=(r.signed?t.heatmap.legendSignedNote:t.heatmap.legendNote)(t.tools.scales[r.kind],i(r.top));return lt(e,r.signed?t.heatmap.legendSigned:t.heatmap.legend,o,i)}function G(e){return h().exports.bound(p(e,e<5e-5?6:4,a()))}var K=(...e)=>new Uint32Array(Uint8Array.from(e).buffer)[0],wt=K(255,255,255,255),Tt=K(32,33,36,255),Et=K(222,222,222,255),Dt=150,q=16;function Ot(e){let t=Je({...e,marks:e.marks.filter(({kind:e})=>e===`text`)},1,!0),{data:n}=z(t).getImageData(0,0,t.width,t.height),r=new Uint32Array(n.buffer);kt(r,n);for(let n of e.marks)n.kind===`picture`&&At(r,t.width,n);return n}function kt(e,t){for(let n=0;n<e.length;n+=1)e[n]=t[4*n+1]<Dt?Tt:wt}function At(e,t,n){let{rgba:r,width:i,height:a}=n.pixels,o=new Uint32Array(r.buffer,r.byteOffset,i*a),s=a===1&&i===256,[c,l]=[Math.round(n.x),Math.round(n.y)];for(let u=0;u<n.height;u+=1){let d=Math.floor(u*a/n.height);for(let a=0;a<n.width;a+=1){let f=Math.floor(a*i/n.width),p=d*i+(s?jt(f):f);e[(l+u)*t+c+a]=r[4*p+3]===0?Et:o[p]}}}function jt(e){return Math.floor(e/q)*q+q/2}function Mt(e,t,n){if(t.width===n.width&&t.height===n.height)return e;let r=new Uint8ClampedArray(n.width*n.height*4).fill(255),i=4*Math.min(t.width,n.width);for(let a=0;a<Math.min(t.height,n.height);a+=1)r.set(e.subarray(4*a*t.width,4*a*t.width+i),4*a*n.width);return r}var Nt={signature:`GIF`,version:`89a`,trailer:59,extensionIntroducer:33,applicationExtensionLabel:255,graphicControlExtensionLabel:249,imageSeparator:44,signatureSize:3,versionSize:3,globalColorTableFlagMask:128,colorResolutionMask:112,sortFlagMask:8,globalColorTableSizeMask:7,applicationIdentifierSize:8,applicationAuthCodeSize:3,disposalMethodMask:28,userInputFlagMask:2,transparentColorFlagMask:1,localColorTableFlagMask:128,interlaceFlagMask:64,idSortFlagMask:32,localColorTableSizeMask:7};function Pt(e=256){let t=0,n=new Uint8Array(e);return{get buffer(){return n.buffer},reset(){t=0},bytesView(){return n.subarray(0,t)},bytes(){return n.slice(0,t)},writeByte(e){r(t+1),n[t]=e,t++},writeBytes(e,i=0,a=e.length){r(t+a);for(let r=0;r<a;r++)n[t++]=e[r+i]},writeBytesView(e,i=0,a=e.byteLength){r(t+a),n.set(e.subarray(i,i+a),t),t+=a}};function r(e){var r=n.length;if(r>=e)return;e=Math.max(e,r*(r<1048576?2:1.125)>>>0),r!=0&&(e=Math.max(e,256));let i=n;n=new Uint8Array(e),t>0&&n.set(i.subarray(0,t),0)}}var J=12,Ft=5003,It=[0,1,3,7,15,31,63,127,255,511,1023,2047,4095,8191,16383,32767,65535];function Lt(e,t,n,r,i=Pt(512),a=new Uint8Array(256),o=new Int32Array(Ft),s=new Int32Array(Ft)){let c=o.length,l=Math.max(2,r);a.fill(0),s.fill(0),o.fill(-1);let u=0,d=0,f=l+1,p=f,m=!1,h=p,g=(1<<h)-1,_=1<<f-1,v=_+1,y=_+2,b=0,x=n[0],S=0;for(let e=c;e<65536;e*=2)++S;S=8-S,i.writeByte(l),w(_);let C=n.length;for(let e=1;e<C;e++)t:{let t=n[e],r=(t<<J)+x,i=t<<S^x;if(o[i]===r){x=s[i];break t}let a=i===0?1:c-i;for(;o[i]>=0;)if(i-=a,i<0&&(i+=c),o[i]===r){x=s[i];break t}w(x),x=t,y<1<<J?(s[i]=y++,o[i]=r):(o.fill(-1),y=_+2,m=!0,w(_))}return w(x),w(v),i.writeByte(0),i.bytesView();function w(e){for(u&=It[d],d>0?u|=e<<d:u=e,d+=h;d>=8;)a[b++]=u&255,b>=254&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0),u>>=8,d-=8;if((y>g||m)&&(m?(h=p,g=(1<<h)-1,m=!1):(++h,g=h===J?1<<h:(1<<h)-1)),e==v){for(;d>0;)a[b++]=u&255,b>=254&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0),u>>=8,d-=8;b>0&&(i.writeByte(b),i.writeBytesView(a,0,b),b=0)}}}var Rt=Lt;function zt(e={}){let{initialCapacity:t=4096,auto:n=!0}=e,r=Pt(t),i=5003,a=new Uint8Array(256),o=new Int32Array(i),s=new Int32Array(i),c=!1;return{reset(){r.reset(),c=!1},finish(){r.writeByte(Nt.trailer)},bytes(){return r.bytes()},bytesView(){return r.bytesView()},get buffer(){return r.buffer},get stream(){return r},writeHeader:l,writeFrame(e,t,i,u={}){let{transparent:d=!1,transparentIndex:f=0,delay:p=0,palette:m=null,repeat:h=0,colorDepth:g=8,dispose:_=-1}=u,v=!1;if(n?c||=(v=!0,l(),!0):v=!!u.first,t=Math.max(0,Math.floor(t)),i=Math.max(0,Math.floor(i)),v){if(!m)throw Error(`First frame must include a { palette } option`);Vt(r,t,i,m,g),Ut(r,m),h>=0&&Ht(r,h)}let y=Math.round(p/10);Bt(r,_,y,d,f);let b=!!m&&!v;Wt(r,t,i,b?m:null),b&&Ut(r,m),Gt(r,e,t,i,g,a,o,s)}};function l(){Kt(r,`GIF89a`)}}function Bt(e,t,n,r,i){e.writeByte(33),e.writeByte(249),e.writeByte(4),i<0&&(i=0,r=!1);var a,o;r?(a=1,o=2):(a=0,o=0),t>=0&&(o=t&7),o<<=2,e.writeByte(o|0|a),Y(e,n),e.writeByte(i||0),e.writeByte(0)}function Vt(e,t,n,r,i=8){let a=X(r.length)-1,o=i-1<<4|128|a;Y(e,t),Y(e,n),e.writeBytes([o,0,0])}function Ht(e,t){e.writeByte(33),e.writeByte(255),e.writeByte(11),Kt(e,`NETSCAPE2.0`),e.writeByte(3),e.writeByte(1),Y(e,t),e.writeByte(0)}function Ut(e,t){let n=1<<X(t.length);for(let r=0;r<n;r++){let n=[0,0,0];r<t.length&&(n=t[r]),e.writeByte(n[0]),e.writeByte(n[1]),e.writeByte(n[2])}}function Wt(e,t,n,r){if(e.writeByte(44),Y(e,0),Y(e,0),Y(e,t),Y(e,n),r){let t=X(r.length)-1;e.writeByte(128|t)}else e.writeByte(0)}function Gt(e,t,n,r,i=8,a,o,s){Rt(n,r,t,i,e,a,o,s)}function Y(e,t){e.writeByte(t&255),e.writeByte(t>>8&255)}function Kt(e,t){for(var n=0;n<t.length;n++)e.writeByte(t.charCodeAt(n))}function X(e){return Math.max(Math.ceil(Math.log2(e)),1)}var qt=256,Jt=20,Yt=class{width;height;delayMs;encoder=zt();constructor(e,t,n){this.width=e,this.height=t,this.delayMs=n}add(e){let{indices:t,colours:n}=Xt(e),r=Math.max(Jt,this.delayMs);this.encoder.writeFrame(t,this.width,this.height,{palette:n,delay:r})}finish(){return this.encoder.finish(),this.encoder.bytes()}};function Xt(e){let t=new Uint32Array(e.buffer,e.byteOffset,e.length/4),n=Zt(t).sort((e,t)=>t.count-e.count),r=({at:t})=>[...e.subarray(4*t,4*t+3)],i=n.slice(0,qt).map(r),a=new Map(n.map((e,n)=>[t[e.at],n<qt?n:Qt(i,r(e))])),o=new Uint8Array(t.length),[s,c]=[-1,0];for(let e=0;e<t.length;e+=1){let n=t[e];n!==s&&([s,c]=[n,a.get(n)]),o[e]=c}return{indices:o,colours:i}}function Zt(e){let t=new Map,n;for(let r=0;r<e.length;r+=1)(r===0||e[r]!==e[r-1])&&(n=t.get(e[r])??{at:r,count:0},t.set(e[r],n)),n&&(n.count+=1);return[...t.values()]}function Qt(e,t){let[n,r]=[0,1/0];return e.forEach((e,i)=>{let a=e.reduce((e,n,r)=>e+(n-(t[r]??0))**2,0);a<r&&([n,r]=[i,a])}),n}var $t=32;function en(e){return u(e.length,599)}async function*Z(e,{run:t,layer:n,user:r},i,{signal:a,report:s}){let c=$t;for(let l=0;l<i.length;){let u=i.slice(l,l+c),d;try{d=await e.frames(t,n,r,u.join(`,`),a)}catch(e){if(a.aborted||o(e).kind!==`too_large`||c===1)throw e;c=Math.ceil(c/2);continue}let f=new Map(d.map(e=>[e.step,e]));for(let e of u){let t=f.get(e);l+=1,t&&(yield t),s(l,i.length)}a.throwIfAborted()}}function tn(){return new Promise(e=>setTimeout(e,0))}var nn=`/* Plays the frames inlined above. Text is only ever put on the page as text nodes. */
'use strict';
(() => {
  const story = JSON.parse(document.getElementById('story').textContent);
  const { words, frames, lists, levels, colours, heads } = story;
  const STEP_MS = 125;
  let [at, head, timer] = [frames.length - 1, 0, 0];

  const make = (name, text = '', parent = document.body, more = {}) => {
    const element = document.createElement(name);
    element.textContent = text;
    Object.assign(element, more);
    parent.append(element);
    return element;
  };
  const number = (value, digits) =>
    value.toLocaleString(story.language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });

  make('h1', story.title);
  const about = make('dl');
  for (const [what, value] of story.about) {
    make('dt', what, about);
    make('dd', value, about);
  }
  make('p', words.caution, document.body, { className: 'caution' });
  const bar = make('div', '', document.body, { className: 'bar' });
  const play = make('button', words.play, bar, { type: 'button' });
  const slider = make('input', '', bar, { type: 'range', min: 0, max: frames.length - 1 });
  slider.setAttribute('aria-label', words.step);
  const where = make('output', '', bar);
  const label = make('label', \`\${words.head} \`, bar);
  const choice = make('select', '', label);
  heads.forEach((name, i) => make('option', name, choice, { value: i }));
  const body = make('div', '', document.body, { className: 'body' });
  const picture = make('figure', '', body);
  const canvas = make('canvas', '', picture);
  canvas.setAttribute('role', 'img');
  const caption = make('figcaption', '', picture);
  for (const text of [words.scale, words.bound]) make('div', text, picture, { className: 'soft' });
  const history = make('section', '', body);
  make('h2', words.history, history);
  const items = make('ol', '', history);
  const list = make('section', '', body);
  make('h2', words.recommendations, list);
  const ranks = make('p', '', list);
  const entries = make('ol', '', list);

  const decoded = new Map();
  function codesOf(frame) {
    if (!decoded.has(frame.step)) {
      if (decoded.size > 64) decoded.clear();
      const text = atob(frame.codes);
      decoded.set(
        frame.step,
        Uint8Array.from(text, (sign) => sign.charCodeAt(0)),
      );
    }
    return decoded.get(frame.step);
  }
  /** The code of a cell, or -1 where it is not applicable. */
  function codeAt(frame, query, key) {
    const { queries, keys, triangle } = frame;
    if (triangle && key > query) return -1;
    const cells = triangle ? (queries * (queries + 1)) / 2 : queries * keys;
    const row = triangle ? (query * (query + 1)) / 2 : query * keys;
    return codesOf(frame)[head * cells + row + key];
  }
  const titleAt = (titles, index) => titles[index] ?? \`#\${index + 1}\`;

  function draw() {
    const frame = frames[at];
    slider.value = at;
    const epoch = frame.epoch == null ? '' : \` (\${number(frame.epoch, 2)})\`;
    where.textContent = \`\${words.step} \${frame.step}\${epoch}, \${at + 1} / \${frames.length}\`;
    caption.textContent = frame.codes ? words.cell : \`\${words.none} \${frame.reason}\`;
    canvas.hidden = !frame.codes;
    canvas.setAttribute('aria-label', \`\${words.picture} \${where.textContent}\`);
    items.replaceChildren();
    if (frame.codes) {
      paint(frame);
      listHistory(frame);
    }
    listItems(frame.step);
  }
  function paint(frame) {
    const { queries, keys } = frame;
    Object.assign(canvas, { width: keys, height: queries });
    const side = Math.max(1, Math.min(24, Math.floor(560 / Math.max(queries, keys))));
    canvas.style.width = \`\${keys * side}px\`;
    // A single row of many keys would be a hairline.
    canvas.style.height = \`\${Math.max(16, queries * side)}px\`;
    const context = canvas.getContext('2d');
    const image = context.createImageData(keys, queries);
    for (let query = 0; query < queries; query += 1) {
      for (let key = 0; key < keys; key += 1) {
        const code = codeAt(frame, query, key);
        if (code < 0) continue;
        const place = 4 * (query * keys + key);
        for (let i = 0; i < 3; i += 1) image.data[place + i] = colours[3 * levels[code] + i];
        image.data[place + 3] = 255;
      }
    }
    context.putImageData(image, 0, 0);
  }
  function listHistory(frame) {
    const last = frame.queries - 1;
    const valueAt = (key) => (codeAt(frame, last, key) / 255) ** 2;
    const max = Math.max(...Array.from({ length: frame.keys }, (_, key) => valueAt(key))) || 1;
    for (let key = frame.keys - 1; key >= 0; key -= 1) {
      const value = valueAt(key);
      const line = make('li', '', items);
      make('span', titleAt(story.keyTitles, frame.keyOffset + key), line);
      make('meter', '', line, { min: 0, max, value });
      make('span', number(value, 4), line);
    }
  }
  function listItems(step) {
    const found = lists.filter((other) => other.step <= step).at(-1);
    entries.replaceChildren();
    ranks.textContent = '';
    if (!found) return;
    const target = story.target === null ? '' : \`: \${story.target}\`;
    if (found.targetRank !== null)
      ranks.textContent = \`\${words.target} \${found.targetRank}\${target}\`;
    for (const [title, score] of found.items) {
      const line = make('li', '', entries);
      make('span', title, line);
      make('span', number(score, 2), line);
    }
  }
  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = words.play;
  }
  play.onclick = () => {
    if (timer) {
      stop();
      return;
    }
    if (at === frames.length - 1) at = -1;
    play.textContent = words.pause;
    timer = setInterval(() => {
      at += 1;
      draw();
      if (at === frames.length - 1) stop();
    }, STEP_MS);
  };
  slider.oninput = () => {
    at = Number(slider.value);
    draw();
  };
  choice.onchange = () => {
    head = Number(choice.value);
    draw();
  };
  canvas.onpointermove = (event) => {
    const frame = frames[at];
    const box = canvas.getBoundingClientRect();
    const query = Math.floor(((event.clientY - box.top) / box.height) * frame.queries);
    const key = Math.floor(((event.clientX - box.left) / box.width) * frame.keys);
    const code = query < frame.queries && key < frame.keys ? codeAt(frame, query, key) : -1;
    const names = \`\${titleAt(story.queryTitles, frame.queryOffset + query)} ← \${titleAt(story.keyTitles, frame.keyOffset + key)}\`;
    caption.textContent = code < 0 ? words.cell : \`\${names}: \${number((code / 255) ** 2, 4)}\`;
  };
  draw();
})();
`,rn=`:root {
  color-scheme: light;
  font:
    14px/1.5 system-ui,
    -apple-system,
    'Segoe UI',
    Roboto,
    'Noto Sans',
    sans-serif;
  color: #202124;
}
body {
  max-width: 1200px;
  margin: 24px auto;
  padding: 0 20px;
}
h1 {
  font-size: 20px;
}
h2 {
  font-size: 15px;
}
dl {
  display: grid;
  grid-template-columns: max-content 1fr;
  gap: 2px 16px;
}
dt,
.soft {
  color: #5f6368;
}
dd {
  margin: 0;
}
.caution {
  border-left: 3px solid #b06000;
  padding-left: 10px;
}
.bar {
  display: flex;
  gap: 12px;
  align-items: center;
  position: sticky;
  top: 0;
  padding: 8px 0;
  background: #fff;
}
.bar input {
  flex: 1;
}
.body {
  display: flex;
  flex-wrap: wrap;
  gap: 32px;
}
.body section {
  flex: 1 1 260px;
  min-width: 0;
}
figure {
  min-width: 0;
  max-width: 100%;
  margin: 0;
  overflow-x: auto;
}
canvas {
  display: block;
  image-rendering: pixelated;
  background: repeating-linear-gradient(-45deg, #f4f4f4 0 4px, #c9c9c9 4px 5px);
}
canvas[hidden] {
  display: none;
}
ol {
  padding: 0;
  max-height: 560px;
  overflow: auto;
}
li {
  display: flex;
  gap: 8px;
  align-items: center;
}
li span:first-child {
  flex: 1;
  min-width: 0;
  overflow-wrap: anywhere;
}
meter {
  width: 80px;
}
`,an=`sha256-4PoBOS7vKYDQibDkcbTazsVD37/nUhDDENs6f04T/7E=`,on=`sha256-qdguvRgzZgk1zEd7sRi7quBM2mdwZMyvNB0YHrstqTc=`;function sn(e){let{palette:n,...r}=e,i=Array.from({length:256},(e,r)=>te(t(r,`U8_SQRT`),n.scale)),a={...r,colours:[...ne(n.table)],levels:i},o=`default-src 'none'; script-src '${an}'; style-src '${on}'`;return[`<!doctype html>`,`<html lang="${B(e.language)}">`,`<head>`,`<meta charset="utf-8">`,`<meta http-equiv="Content-Security-Policy" content="${B(o)}">`,`<meta name="viewport" content="width=device-width">`,`<title>${B(e.title)}</title>`,`<style>${rn}</style>`,`</head>`,`<body>`,`<script type="application/json" id="story">${tt(a)}<\/script>`,`<script>${nn}<\/script>`,`</body>`,`</html>
`].join(`
`)}function cn(e,n,r){let{queries:i,keys:a,layout:o,encoding:c,codes:l}=e,u=s(i,a,o),d=new Uint8Array(n.length*u),p=0;n.forEach((e,n)=>{for(let r=0;r<u;r+=1){let i=l[e*u+r]??0,a=c===`U8_SQRT`?i:Math.round(255*Math.sqrt(t(i,c)));d[n*u+r]=a;let o=c===`U8_SQRT`?0:f(i,c);p=Math.max(p,f(a,`U8_SQRT`)+o)}});let{step:m,queryOffset:h,keyOffset:g}=e;return{frame:{step:m,epoch:r,queries:i,keys:a,queryOffset:h,keyOffset:g,triangle:o===`LOWER_TRIANGLE`,codes:ln(d)},error:p}}function ln(e){let t=``;for(let n=0;n<e.length;n+=32768)t+=String.fromCharCode(...e.subarray(n,n+32768));return btoa(t)}async function*un(e,{signal:t,report:n}){let{panels:r}=e.compare,i=dn(r.map(t=>m(e,t))),a={signal:t,report:()=>void 0},o=r.map(t=>fn(e,t,i,a));for(let[a,s]of i.entries()){let c=await Promise.all(o.map(async e=>(await e.next()).value)),l=r.map((t,n)=>m(e,t,{cursor:s,frame:c[n]||void 0}));l.every(({picture:e})=>e?.kind===`ready`)&&(yield l),n(a+1,i.length),t.throwIfAborted()}}function dn(e){let t=e.flatMap(({choice:e,columns:t})=>e.step===null?t?.steps??[]:[]),n=[...new Set(t)].sort((e,t)=>e-t);return u(n.length,599).indices.map(e=>n[e])}async function*fn(e,t,n,r){let{run:i,layer:a,user:o,columns:s}=m(e,t),c=s?.steps??[],l=n.map(e=>c[d(c,t.step??e)]),u=[...new Set(l)].filter(e=>e!==void 0),f={run:i?.name??``,layer:a?.name??``,user:o?.index??0},p=Z(e.client,f,u,r),h;for(let e of l){for(;e!==void 0&&(h?.step??-1)<e;){let e=await p.next();if(e.done)break;h=e.value}yield h?.step===e?h:void 0}}var pn=420,mn=760,hn=100;function gn(e){let{run:t,layer:n,user:r,columns:i}=e;return!t||!n||!r||!i||n.name===`attn:rollout`?null:{run:t,layer:n,user:r,steps:en(i.steps).indices.map(e=>i.steps[e])}}async function _n(e,t){let n=e.selection.view===`compare`,r=n?vn(e,t):yn(e,t),i=null;for await(let t of r){let r=Ae(t,je(t,n?mn:pn)),{width:a,height:o}=r;i??=new Yt(a,o,xn(e)),i.add(Mt(Ot(r),{width:a,height:o},i)),await tn()}return i&&new Blob([i.finish()],{type:`image/gif`})}async function*vn(e,t){for await(let n of un(e,t)){let t=vt(e,n);t&&(yield t)}}async function*yn(e,t){let n=gn(e);if(!n)return;let r={run:n.run.name,layer:n.layer.name,user:n.user.index};for await(let i of Z(e.client,r,n.steps,t)){let t=e.pictureOf(i,n.layer);t?.kind===`ready`&&(yield bn(e,n.layer,t.attention))}}function bn(e,t,n){let r=e.selection.view===`heads`,i=Array.from({length:n.heads},(e,t)=>t),a=mt(e,(r?i:[e.selection.head]).map(e=>({layer:t,head:e,attention:n})),e.user?C(e.user):``);if(!a)throw Error(`no head is chosen`);return a}function xn({timeline:e}){return 1e3/(8*e.speed)}async function Sn(e,t){let n=gn(e),r=e.layer&&e.frameOf(e.layer);if(!n)return null;let{run:i,layer:o,user:s,steps:c}=n,{client:l,columns:u,display:d,items:f}=e,p={run:i.name,layer:o.name,user:s.index},m=r?.kind===`ready`?r.attention.codes.length*c.length:0,_=Array.from({length:o.head_count},(e,t)=>t),v=m>24e6?[e.selection.head]:_,y=new Map(u?.steps.map((e,t)=>[e,u.epochs[t]??null])),b=[],x=0;for await(let e of Z(l,p,c,t)){if(e.kind===`absent`){b.push({step:e.step,reason:Cn(e.reason)});continue}let t=cn(e.attention,v,y.get(e.step)??null);x=Math.max(x,t.error),b.push(t.frame),await tn()}if(b.length===0)return null;let S=t=>{let n=e.axisItems(t);return se(f,n,0,n.length)},w=s.target_item===null?null:le(f,s.target_item),ee=sn({language:g[a()]?.tag??`en`,title:h().exports.storyTitle(C(s)),about:[...wn(n),...Tn(r)],heads:v.map(e=>T(o,e)),queryTitles:S(o.query_axis),keyTitles:S(o.key_axis),target:w,frames:b,lists:i.has_recommendations?await En(e,n,t):[],palette:d.palette,error:x,words:Dn(e,x)});return new Blob([ee],{type:`text/html;charset=utf-8`})}function Cn(e){let{title:t}=h().absent;return e in t?t[e]:e}function wn({run:e,layer:t,user:n,steps:r}){let i=h(),o=e=>O(e,a()),s=`${o(r[0]??0)} – ${o(r.at(-1)??0)}`;return[[i.compare.run,e.display_name],[i.compare.layer,t.name],[i.compare.user,C(n)],...Object.entries(n.attributes),[i.compare.step,`${s} (${i.timeline.of(o(r.length),o(e.step_count))})`]]}function Tn(e){let t=e?.kind===`ready`?E(e.attention):``;return t?[[h().exports.storyKept,t]]:[]}async function En({client:e,items:t},{run:n,user:r,steps:i},{signal:a}){let o=[];for(let s=0;s<i.length;s+=hn){let c=i.slice(s,s+hn).join(`,`),l=await e.recommendations(n.name,r.index,c,a);l.steps.forEach((e,n)=>{let r=l.scores[n]??[];o.push({step:e,items:(l.items[n]??[]).map((e,n)=>[le(t,e),r[n]??0]),targetRank:l.target_ranks[n]??null})})}return o}function Dn({display:e},t){let r=h(),{scale:i}=e.palette;return{caution:r.exports.caution,play:r.timeline.play,pause:r.timeline.pause,step:r.timeline.axes.step,head:r.heads.heading,history:r.exports.storyHistory,recommendations:r.recommendations.heading,target:r.exports.storyTarget,none:r.exports.storyNone,bound:G(t),scale:r.heatmap.legendNote(r.tools.scales[i.kind],n(i.top,a())),cell:r.exports.storyCell,picture:r.exports.storyPicture}}var Q=class extends Error{name=`ExportError`};async function On(e,t,n){let r=await kn(e,t,n);if(!r)throw new Q(h().exports.nothing);return{name:Ln(e,t),content:r}}function kn(e,t,n){switch(t){case`csv`:return jn(e);case`npy`:return In(e);case`gif`:return _n(e,n);case`html`:return Sn(e,n);default:return An(e,t)}}async function An(e,t){let n=pt(e);if(!n)return null;let r=Ae(n);return t===`png`?Ke(r):new Blob([await it(r,qe)],{type:`image/svg+xml`})}function jn(e){let{view:t}=e.selection;if(t===`evolution`)return Fn(e);let n=t===`compare`?Pn(e):Nn(e);if(n.reduce((e,{attention:t})=>e+t.queries*t.keys,0)>1048576)throw new Q(h().exports.tooMany);if(n.length===0)return null;let r=n.flatMap(e=>[..._e(e)]);return $(ge(Mn(n),r))}function Mn(e){let t=new Set(e.map(({attention:e})=>e.tiles?.aggregate??``));if(t.size>1)throw new Q(h().exports.mixed);let[n]=t;return he.map(e=>n&&e===`attention`?`${n}_attention`:e)}function Nn(e){let{run:t,user:n,layer:r}=e;return!t||!n||!r?[]:ft(e,r).map(({head:i,attention:a})=>{let{queries:o,keys:s}=dt(e,r,a),c={queryNames:o,keyNames:s,headName:T(r,i)},l=H(e,r,n);return{run:t.name,layer:x(r),user:l,head:i,attention:a,...c}})}function Pn(e){return e.compare.panels.flatMap(t=>{let n=m(e,t),{run:r,layer:i,user:a,picture:o,head:s}=n;return!r||!i||!a||o?.kind!==`ready`?[]:[{run:r.name,layer:x(i),user:C(a),headName:T(i,s),head:s,attention:o.attention,queryNames:ae(e,n,`query`),keyNames:ae(e,n,`key`)}]})}function Fn(e){let t=U(e),{run:n,layer:r,user:i,selection:a}=e;if(!t||!n||!r||!i)return null;let o=[n.name,r.name,C(i),T(r,a.head)];return $(ge([`run`,`layer`,`user`,`head`,`step`,`key_position`,`key`,`attention`],t.steps.flatMap((e,n)=>t.names.flatMap((r,i)=>{let a=t.columns[n]?.[i]??NaN;return Number.isNaN(a)?[]:[[...o,e,t.positions[i]??i,r,a]]}))))}function $(e){return new Blob([e],{type:`text/csv;charset=utf-8`})}function In(e){let{view:t}=e.selection;if(t===`evolution`){let t=U(e);if(!t)return null;let[n,r]=[t.names.length,t.steps.length],i=new Float32Array(n*r);return t.columns.forEach((e,t)=>e.forEach((e,n)=>i[n*r+t]=e)),new Blob([L(i,[n,r])])}if(t===`compare`){let t=Pn(e);if(t.length===0)return null;let{values:n,shape:r}=Ve(t.map(({attention:e,head:t})=>{let{queries:n,keys:r}=e;return{values:Be(e,[t]),queries:n,keys:r}}));return new Blob([L(n,r)])}let n=e.layer&&e.picturedFrame(e.layer);if(n?.kind!==`ready`)return null;let{attention:r}=n,i=Array.from({length:r.heads},(e,t)=>t),a=[i.length,r.queries,r.keys];return new Blob([L(Be(r,i),a)])}function Ln(e,t){let{run:n,layer:r,user:i,selection:a,timeline:o}=e,s=t===`html`,c=t===`gif`||s,l=r?Rn(e,r):``,u=c||a.view===`evolution`,d=a.view===`compare`&&!s?[`compare`]:[n?.display_name??``,r?x(r):``,i&&r&&!c?H(e,r,i):i?C(i):``,...t===`npy`||t===`html`||a.view===`heads`?[]:[`head-${a.head}`]];return l&&!s&&d.push(`${l}-of-tiles`),ce([...d,...u?[]:[`step-${o.shown??``}`]],t)}function Rn(e,t){let n=e.picturedFrame(t);return n?.kind===`ready`&&n.attention.tiles?.aggregate||``}export{Q as ExportError,On as fileOf};